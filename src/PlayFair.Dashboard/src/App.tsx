import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary, useRef } from 'preact/hooks';
import { address, href } from './address';
import { announcement } from './announce';
import { api, ServerProblem } from './api/client';
import { refusal, signOut, token } from './api/token';
import { Notice, ProblemNotice } from './components/Notice';
import { useLoad } from './components/useLoad';
import { ConnectionBadge } from './ConnectionBadge';
import { ClusterPage } from './pages/cluster/ClusterPage';
import { ModelsPage } from './pages/models/ModelsPage';
import { EditVideoPage } from './pages/manage/EditVideoPage';
import { ManagePage } from './pages/manage/ManagePage';
import { ServicePage } from './pages/service/ServicePage';
import { StatisticsPage } from './pages/statistics/StatisticsPage';
import { VideoPage } from './pages/video/VideoPage';
import { WallPage } from './pages/wall/WallPage';
import { hasCluster, mayManage, session } from './session';
import { SignIn } from './SignIn';
import { theme, type Theme } from './theme';

/** The whole page: the frame around every page, and which page that is. */
export function App() {
  const asked = useLoad(`session ${token.value ?? ''}`, async signal => session.value = await api.session(signal));
  useClusterQuestion();
  // Also later, where a token is withdrawn: the address stays, so that signing in again leads back to the same page.
  if (refusal.value !== null) {
    firstPage = false;
    return <SignIn reason={token.value === null ? null : refusal.value} />;
  }
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <Header />
      <main id="main" tabIndex={-1}>
        {session.value !== null ? <Page />
          : asked.problem ? <Retrying problem={asked.problem} retry={asked.reload} />
          : <Notice kind="loading" title="Connecting to the server" />}
      </main>
      <p class="unseen" role="status">{announcement}</p>
    </>
  );
}

/** Whether there is a cluster; asked once, and again only where the server could not say. */
function useClusterQuestion(): void {
  const asked = useLoad(session.value === null ? null : `cluster ${token.value ?? ''}`, async signal => {
    hasCluster.value = await api.cluster(signal) !== null;
  });
  useEffect(() => {
    if (asked.problem === null) return;
    const timer = setTimeout(asked.reload, 5000);
    return () => clearTimeout(timer);
  }, [asked.problem]);
}

// The address after '#' is the page's own, so that a link into it would leave the page.
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')!.focus();
}

/** Asks again by itself: whoever started the page before the server should not have to. */
function Retrying({ problem, retry }: { problem: ServerProblem; retry: () => void }) {
  useEffect(() => {
    const timer = setTimeout(retry, 2000);
    return () => clearTimeout(timer);
  });
  return <ProblemNotice problem={problem} retry={retry} />;
}

function Header() {
  const [page = '', , action] = address.value.path;
  const nav = useRef<HTMLElement>(null);
  // On a phone the pages are a line that scrolls.
  useEffect(() => {
    nav.current!.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [page, action, session.value, hasCluster.value]);
  const link = (path: string[], text: string, isHere: boolean) =>
    <a href={href(path)} aria-current={isHere ? 'page' : undefined}>{text}</a>;
  return (
    <header class="shell">
      <a class="brand" href={href([])}>PlayFair</a>
      <nav aria-label="Pages" ref={nav}>
        {link([], 'Wall', page === '' || (page === 'videos' && action !== 'edit'))}
        {link(['statistics'], 'Statistics', page === 'statistics')}
        {link(['models'], 'Models', page === 'models')}
        {link(['service'], 'Service', page === 'service')}
        {hasCluster.value && link(['cluster'], 'Cluster', page === 'cluster')}
        {mayManage() && link(['manage'], 'Manage', page === 'manage' || action === 'edit')}
        {mayManage() && link(['add'], 'Add a video', page === 'add')}
      </nav>
      <div class="shell-end">
        <ConnectionBadge />
        <label class="theme">
          <span class="unseen">Colours</span>
          <select value={theme.value} onChange={event => { theme.value = event.currentTarget.value as Theme; }}>
            <option value="auto">Auto</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
        {session.value?.isProtected && (
          <>
            <span class="shell-name">{session.value.name}{!mayManage() && ' (may view)'}</span>
            <button type="button" class="quiet" onClick={leave}>Sign out</button>
          </>
        )}
      </div>
    </header>
  );
}

function leave(): void {
  signOut();
  session.value = null;
  hasCluster.value = false;
}

function Page() {
  const { path } = address.value;
  const [first, id, action] = path;
  if (first === undefined) return <Shown key="wall" title="Wall" of={WallPage} />;
  if (first === 'videos' && id !== undefined && action === undefined)
    return <Shown key={`video ${id}`} title={id} of={VideoPage} with={{ id }} />;
  if (first === 'videos' && id !== undefined && action === 'edit')
    return <Shown key={`edit ${id}`} title={`Change ${id}`} of={EditVideoPage} with={{ id }} />;
  if (first === 'add') return <Shown key="add" title="Add a video" of={EditVideoPage} with={{ id: null }} />;
  if (first === 'statistics') return <Shown key="statistics" title="Statistics" of={StatisticsPage} />;
  if (first === 'models') return <Shown key="models" title="Models" of={ModelsPage} />;
  if (first === 'service') return <Shown key="service" title="Service" of={ServicePage} />;
  if (first === 'cluster') return <Shown key="cluster" title="Cluster" of={ClusterPage} />;
  if (first === 'manage') return <Shown key="manage" title="Manage" of={ManagePage} />;
  return (
    <Notice kind="empty" title="There is no such page">
      The address is <code>{location.hash}</code>; <a href={href([])}>the wall</a> has all videos.
    </Notice>
  );
}

/** A page: its title in the browser, its failure in words, and the focus at its start when it was gone to. */
function Shown<P extends object>({ title, of: Content, with: props }: {
  title: string; of: ComponentType<P>; with?: P;
}) {
  const isFirst = useRef(firstPage);
  const [error, reset] = useErrorBoundary(error => console.error(error));
  useEffect(() => {
    document.title = `${title} · PlayFair`;
    if (!isFirst.current) {
      document.getElementById('main')!.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    firstPage = false;
  }, []);
  if (error) {
    return (
      <Notice kind="problem" title="This page failed" action={{ text: 'Show it again', do: reset }}>
        {String((error as Error).message)}. This is a defect of PlayFair; please report it.
      </Notice>
    );
  }
  return <Content {...props as P} />;
}

let firstPage = true;
