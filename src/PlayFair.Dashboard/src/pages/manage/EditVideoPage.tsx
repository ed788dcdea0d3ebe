import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { go, href } from '../../address';
import { announce } from '../../announce';
import { api, ServerProblem } from '../../api/client';
import type { ModelInfo, VideoDefinition } from '../../api/contracts';
import { Choice, Field } from '../../components/Field';
import { Notice, ProblemNotice } from '../../components/Notice';
import { useLoad } from '../../components/useLoad';
import { useSettled } from '../../components/useSettled';
import { titleOf } from '../../live/changes';
import { follow, takeStatus, videos } from '../../live/feed';
import { mayManage } from '../../session';
import { quantity } from '../../words';
import { ClassesField } from './ClassesField';
import { CostPanel } from './CostPanel';
import {
  ADVANCED, computationOf, definitionOf, formOf, HIDDEN, inFormWords, interruption, isField, LABELS, newForm,
  problemsOf, type Field as FieldName, type NumberField, type Problems, type VideoForm,
} from './form';
import { MayNotManage } from './MayNotManage';
import { kindOf, suggestId } from './source';
import { SourceFound, type Look } from './SourceFound';
import './manage.css';

const PLAN_DELAY_MS = 150;

/** What was entered and not sent yet, by the video's id: it outlasts a look at another page, and signing in again. */
const drafts = new Map<string | null, VideoForm>();

/** @param id The video that is changed; null: a new one. */
export function EditVideoPage({ id }: { id: string | null }) {
  useEffect(() => follow(null, 0.1), []);
  const allowed = mayManage();
  const loaded = useLoad(allowed ? `edit ${id ?? ''}` : null, async signal => {
    const [models, status] = await Promise.all([api.models(signal), id === null ? null : api.video(id, signal)]);
    return { models, original: status?.definition ?? null };
  });
  return (
    <div class="manage">
      <h1>{id === null ? 'Add a video' : `Change ${loaded.data?.original ? titleOf(loaded.data.original) : id}`}</h1>
      {!allowed ? <MayNotManage />
        : loaded.data !== null ? <VideoFormView models={loaded.data.models} original={loaded.data.original} />
        : loaded.problem !== null ? <ProblemNotice problem={loaded.problem} retry={loaded.reload} />
        : <Notice kind="loading" title="Asking for the models" />}
    </div>
  );
}

function VideoFormView({ models, original }: { models: ModelInfo[]; original: VideoDefinition | null }) {
  const key = original?.id ?? null;
  const fresh = () => original ? formOf(original) : newForm(models.find(model => model.isDefault) ?? models[0]);
  const [form, setForm] = useState(() => drafts.get(key) ?? fresh());
  const [wasDraft, setWasDraft] = useState(drafts.has(key));
  const [look, setLook] = useState<Look>({ state: 'none' });
  const [refused, setRefused] = useState<Problems>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [wasTried, setTried] = useState(false);
  const [isSending, setSending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const more = useRef<HTMLDetailsElement>(null);
  const looking = useRef<AbortController | null>(null);
  useEffect(() => () => looking.current?.abort(), []);

  const set = (change: Partial<VideoForm>) => {
    const next = { ...form, ...change };
    setForm(next);
    drafts.set(key, next);
    setProblem(null);
    // What was refused is no longer what is there.
    setRefused(before => Object.fromEntries(Object.entries(before).filter(([field]) => !(field in change))));
  };

  // ---- what is known of the other videos

  const taken: ReadonlySet<string> = new Set(videos.value.keys());
  const groups = useComputed(() => [...new Set(
    [...videos.value.values()].flatMap(video => video.status.value?.definition.group || []))].sort().join('\n'));
  const runningCount = useComputed(
    () => [...videos.value.values()].filter(video => video.latest.value !== null).length);
  const running = useMemo(
    () => [...videos.peek().values()].flatMap(video => video.latest.peek() ?? []), [runningCount.value]);

  // ---- what stands in the form means

  const model = models.find(({ name }) => name === form.model);
  const id = original?.id ?? form.id ?? suggestId(form.source, taken);
  const local = problemsOf(form, id, original, taken);
  const { computation, problems: wrongNumbers } = computationOf(form);
  const definition = definitionOf(form, id, original);
  const asked = useSettled(JSON.stringify(computation), PLAN_DELAY_MS);
  const isSettled = asked === JSON.stringify(computation);
  const plan = useLoad(Object.keys(wrongNumbers).length > 0 ? null : asked, async signal =>
    ({ of: asked, plan: await api.plan(JSON.parse(asked) as Partial<VideoDefinition>, signal) }));
  const planField = isSettled && isField(plan.problem?.field) ? plan.problem.field : null;

  const shown: Problems = {
    ...wasTried ? local : wrongNumbers,
    ...form.id !== null && original === null && local.id !== undefined && { id: local.id },
    ...planField !== null && { [planField]: inFormWords(plan.problem!.detail, planField) },
    ...refused,
  };
  const lookedAt = `${form.transport} ${form.source.trim()}`;
  const current: Look = look.state !== 'none' && look.of === lookedAt ? look : { state: 'none' };
  const found = current.state === 'found' ? current.probe : null;
  if (current.state === 'failed') shown.source ??= inFormWords(current.problem.detail, 'source');
  // What cannot be opened now may be later; what the server may not open is refused when it is added too.
  const isForbidden = current.state === 'failed' && current.problem.status === 403;
  const isAddable = current.state === 'failed' && !isForbidden;
  const isHidden = original !== null && form.source === original.source && form.source.includes(HIDDEN);
  const isSourceOld = original !== null && form.source === original.source && form.transport === original.transport;
  const mayLook = kindOf(form.source) !== null && !isHidden && current.state !== 'looking';
  const kind = found?.kind ?? kindOf(form.source);

  // What was left to the server is what it says it would be.
  const isPlanned = isSettled && plan.data?.of === asked && plan.problem === null;
  const stop = original && interruption(original, isPlanned && !form.isSampled && plan.data!.plan.definition.samples
    ? { ...definition, samples: plan.data!.plan.definition.samples } : definition);
  const isUnchanged = stop !== null && stop.changes.length === 0;

  // ---- what the user does

  /** @returns What came of it; null: the user went on to something else meanwhile. */
  const lookAtSource = async (): Promise<'found' | 'failed' | null> => {
    const of = lookedAt;
    looking.current?.abort();
    const mine = looking.current = new AbortController();
    setLook({ state: 'looking', of });
    try {
      setLook({ state: 'found', of, probe: await api.probe(form.source.trim(), form.transport, mine.signal) });
      return 'found';
    } catch (error) {
      if (mine.signal.aborted) return null;
      const problem = error instanceof ServerProblem ? error : new ServerProblem(0, String(error));
      setLook({ state: 'failed', of, problem });
      return 'failed';
    }
  };

  const focusFirst = (problems: Problems) => {
    const first = (Object.keys(LABELS) as FieldName[]).find(field => problems[field] !== undefined);
    if (first === undefined) return;
    if (ADVANCED.includes(first)) more.current!.open = true;
    announce(`${LABELS[first]}: ${problems[first]}`);
    // Once the field shows what is wrong with it.
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>(`#field-${first}`)?.focus());
  };

  const submit = async () => {
    if (isSending) return;
    if (isUnchanged) {
      announce(stop!.words);
      return;
    }
    setTried(true);
    setProblem(null);
    const wrong: Problems = {
      ...local,
      ...planField !== null && { [planField]: shown[planField] },
      ...isForbidden && { source: shown.source },
    };
    if (Object.keys(wrong).length > 0) {
      focusFirst(wrong);
      return;
    }
    setSending(true);
    try {
      // Who adds a source that cannot be opened now has seen so, and wants it all the same.
      if (!isSourceOld && current.state !== 'found' && current.state !== 'failed') {
        const came = await lookAtSource();
        if (came === 'failed') element.current?.querySelector<HTMLElement>('#field-source')?.focus();
        if (came !== 'found') return;
      }
      const status = original === null ? await api.add(definition) : await api.change(definition);
      takeStatus(status);
      drafts.delete(key);
      announce(`${titleOf(status.definition)} was ${original === null ? 'added' : 'changed'}.`);
      go(['videos', status.definition.id]);
    } catch (error) {
      const { field, message } = error as ServerProblem;
      if (isField(field)) {
        const wrongNow = { [field]: inFormWords(message, field) };
        setRefused(wrongNow);
        focusFirst(wrongNow);
      } else {
        setProblem(message);
      }
    } finally {
      setSending(false);
    }
  };

  const startAgain = () => {
    drafts.delete(key);
    setWasDraft(false);
    setForm(fresh());
    setRefused({});
    setTried(false);
    setLook({ state: 'none' });
  };

  const chooseModel = (name: string) => {
    const next = models.find(one => one.name === name)!;
    set({ model: name, score: next.scores.includes(form.score) ? form.score : next.score });
  };

  const number = (field: NumberField, hint: string, step = '1') => (
    <Field name={field} label={LABELS[field]} hint={hint} problem={shown[field]}>
      {control => (
        <input type="number" {...control} inputMode={step === '1' ? 'numeric' : 'decimal'} step={step}
          value={form[field]} onInput={event => set({ [field]: event.currentTarget.value })} />
      )}
    </Field>
  );

  const seconds = Number(form.window) / Number(form.rateHz);
  return (
    <form class="manage-form" ref={element} noValidate onSubmit={event => {
      event.preventDefault();
      void submit();
    }}>
      <div class="manage-main">
        {wasDraft && (
          <p class="manage-draft">
            <span>This is what you entered before and did not send.</span>
            <button type="button" class="quiet" onClick={startAgain}>Start again</button>
          </p>
        )}
        <section class="panel" aria-labelledby="manage-source-title">
          <h2 id="manage-source-title">Source</h2>
          <Field name="source" label="File or address" problem={shown.source} hint={isHidden
            ? `${HIDDEN} stands for a secret that the server keeps. It stays unless the address is changed.`
            : (
              <>
                A file on the server, <code>rtsp://user:password@camera/1</code>, an HTTP, HLS, RTMP, SRT or UDP
                address, <code>v4l2:/dev/video0</code>, or <code>synthetic:1</code> to try things out.
              </>
            )}>
            {control => (
              <div class="manage-source">
                <input type="text" {...control} value={form.source} spellcheck={false} autocapitalize="off"
                  autocomplete="off" onInput={event => set({ source: event.currentTarget.value })}
                  onKeyDown={event => {
                    if (event.key !== 'Enter' || current.state === 'found' || isSourceOld) return;
                    event.preventDefault();
                    if (mayLook) void lookAtSource();
                  }} />
                <button type="button" class="quiet" aria-disabled={!mayLook}
                  onClick={() => { if (mayLook) void lookAtSource(); }}>
                  Look at it
                </button>
              </div>
            )}
          </Field>
          <SourceFound look={current} />
          {kind === 'rtsp' && (
            <Choice name="transport" label="Transport" value={form.transport} problem={shown.transport}
              options={[['tcp', 'TCP'], ['udp', 'UDP']]}
              hint="UDP has less delay, and loses frames where the network does."
              onChange={transport => set({ transport })} />
          )}
          {kind === 'file' && (
            <div class="manage-row">
              <Choice name="pace" label="Pace" value={form.pace} problem={shown.pace}
                options={[['source', 'As it plays'], ['fast', 'As fast as possible']]}
                onChange={pace => set({ pace })} />
              <div class="field">
                <label class="check">
                  <input type="checkbox" id="field-loop" checked={form.loop}
                    onChange={event => set({ loop: event.currentTarget.checked })} />
                  <span>Start again at its end</span>
                </label>
                {shown.loop && <p class="field-problem">{shown.loop}</p>}
              </div>
            </div>
          )}
        </section>

        <section class="panel" aria-labelledby="manage-name-title">
          <h2 id="manage-name-title">Name</h2>
          <div class="manage-row">
            <Field name="title" label="Title" problem={shown.title} hint="What people call it; the id, if empty.">
              {control => (
                <input type="text" {...control} maxLength={200} value={form.title} placeholder={id}
                  onInput={event => set({ title: event.currentTarget.value })} />
              )}
            </Field>
            {original === null ? (
              <Field name="id" label="Id" problem={shown.id} hint="Its name in addresses; it stays.">
                {control => (
                  <input type="text" {...control} maxLength={64} value={id} spellcheck={false} autocapitalize="off"
                    onInput={event => set({ id: event.currentTarget.value || null })} />
                )}
              </Field>
            ) : (
              <div class="field"><span class="manage-label">Id</span><code class="manage-id">{id}</code></div>
            )}
            <Field name="group" label="Group" problem={shown.group} hint="How the wall groups it; none, if empty.">
              {control => (
                <>
                  <input type="text" {...control} maxLength={100} list="manage-groups" value={form.group}
                    onInput={event => set({ group: event.currentTarget.value })} />
                  <datalist id="manage-groups">
                    {groups.value.split('\n').filter(group => group !== '')
                      .map(group => <option key={group} value={group} />)}
                  </datalist>
                </>
              )}
            </Field>
          </div>
        </section>

        <section class="panel" aria-labelledby="manage-model-title">
          <h2 id="manage-model-title">Attribution</h2>
          <div class="manage-row">
            <Field name="model" label="Model" problem={shown.model} hint={model?.description}>
              {control => (
                <select {...control} value={form.model} onChange={event => chooseModel(event.currentTarget.value)}>
                  {!model && <option value={form.model}>{form.model} (not installed)</option>}
                  {models.map(({ name, version }) => <option key={name} value={name}>{name} {version}</option>)}
                </select>
              )}
            </Field>
            {number('rateHz', found?.frameRateHz
              ? Number(form.rateHz) > found.frameRateHz
                ? `Sampled. The source has only ${quantity(found.frameRateHz)}.`
                : `Sampled, of ${quantity(found.frameRateHz)} that the source has.`
              : 'How many are sampled.', 'any')}
            {number('window', Number.isFinite(seconds) && seconds > 0
              ? `Frames attributed together: ${quantity(seconds)} s.` : 'Frames attributed together.')}
          </div>
          <ClassesField classes={form.classes} names={model?.classes ?? []} model={form.model} problem={shown.classes}
            onChange={classes => set({ classes })} />
          <details class="manage-more" ref={more}>
            <summary>More settings</summary>
            <div class="manage-row">
              <Choice name="isSampled" label="Values" value={form.isSampled ? 'sampled' : 'exact'}
                options={[['exact', 'Exact'], ['sampled', 'Sampled']]}
                hint="Where exact values are not feasible, 256 samples are taken."
                onChange={value => set({ isSampled: value === 'sampled' })} />
              {form.isSampled && number('samples', 'm: subsequences of each size in a sample.')}
              {number('iterations', 'R: independent samples; from 2 on, sampled values have standard errors.')}
              {number('stride', 'By how many frames the window moves between updates.')}
              <Field name="score" label="Score" problem={shown.score}
                hint="What is attributed; logits have no softmax.">
                {control => (
                  <select {...control} value={form.score}
                    onChange={event => set({ score: event.currentTarget.value as VideoForm['score'] })}>
                    {(model?.scores ?? [form.score]).map(score => (
                      <option key={score} value={score}>{score}{score === model?.score && ' (the model’s)'}</option>
                    ))}
                  </select>
                )}
              </Field>
              {number('seed', 'Fixes every random choice.')}
            </div>
          </details>
        </section>
      </div>

      <aside class="manage-aside">
        <CostPanel plan={plan.data?.plan ?? null} isCurrent={isSettled && plan.data?.of === asked} running={running}
          askExact={() => set({ isSampled: false })}
          problem={Object.keys(wrongNumbers).length > 0 ? new ServerProblem(400, '', 'number') : plan.problem} />
      </aside>

      <div class="manage-end">
        {stop && (
          <p class="manage-stop" role="status">
            {stop.changes.length > 0
              && `To change: ${stop.changes.map(field => LABELS[field].toLowerCase()).join(', ')}. `}
            {stop.words}
          </p>
        )}
        {isAddable && (
          <p class="hint" role="status">
            The source could not be looked at. {original === null ? 'It can be added' : 'The video can be changed'}{' '}
            all the same: a live source is tried again until it can be opened.
          </p>
        )}
        {problem && <p class="field-problem" role="alert">{problem}</p>}
        <div class="manage-buttons">
          <button type="submit" class="strong" aria-disabled={isSending || isUnchanged}>
            {isSending ? 'One moment' : original !== null ? 'Change the video'
              : isAddable ? 'Add it all the same' : 'Add the video'}
          </button>
          <a class="button" href={href(original === null ? [] : ['videos', original.id])}
            onClick={() => drafts.delete(key)}>
            Cancel
          </a>
        </div>
      </div>
    </form>
  );
}
