import { render } from 'preact';
import '../drawing/esv-drawing.css';
import './base.css';
import { App } from './App';

render(<App />, document.getElementById('app')!);
