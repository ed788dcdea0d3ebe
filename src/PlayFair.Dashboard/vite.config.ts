import { defineConfig } from 'vitest/config';
import preact from '@preact/preset-vite';

// `npm run dev` shows the sources as they are, with the data of a server that runs beside it.
const server = process.env['PLAYFAIR_SERVER'] ?? 'http://127.0.0.1:5080';

export default defineConfig({
  // Relative, so that the server may stand behind a proxy at any path.
  base: './',
  plugins: [preact()],
  server: {
    // A server without tokens answers to pages of its own address only.
    proxy: {
      '/api': {
        target: server,
        changeOrigin: true,
        configure: proxy => proxy.on('proxyReq', request => request.removeHeader('origin')),
      },
    },
  },
  build: {
    target: 'es2023',
    // Inlined files would be data: addresses, which the page's content security policy does not admit.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // The styles are read as they are: tests of colours.
  test: { include: ['tests/**/*.test.ts'], css: true },
});
