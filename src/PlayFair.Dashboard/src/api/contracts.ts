// What the server answers, as docs/server.md and PlayFair.Contracts describe it. Times are ISO 8601, UTC.

export type Pace = 'source' | 'fast';
export type Transport = 'tcp' | 'udp';

export interface VideoDefinition {
  id: string;
  title?: string;
  group?: string;
  source: string;
  model?: string;
  rateHz: number;
  window: number;
  stride: number;
  samples?: number;
  iterations: number;
  seed: number;
  score?: ScoreName;
  classes: string[];
  pace: Pace;
  loop: boolean;
  transport: Transport;
  paused?: boolean;
}

export type ScoreName = 'softmax-of-mean' | 'mean-of-softmax' | 'logit';
export type VideoState = 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'ended' | 'failed' | 'paused';

export interface VideoStatus {
  definition: VideoDefinition;
  state: VideoState;
  reason?: string;
  since: string;
  nextAttemptAt?: string;
  failedAttempts: number;
  isLive: boolean;
  model: string;
  /** The silo that runs it; none where there is no cluster, and while no silo runs it. */
  silo?: string;
  framesInWindow: number;
  lastSequence?: number;
  lastUpdateAt?: string;
  /** Length of one reading of a looped file, once it has been read to its end. */
  loopSeconds?: number;
  decodedFrames: number;
  sampledFrames: number;
  droppedFrames: number;
  updatesPerSecond: number;
  quality: { level: number; samples?: number; rateHz: number; reason?: string };
  latency?: { p50Ms: number; p95Ms: number; p99Ms: number };
  timings?: UpdateTimings;
}

/** Milliseconds. */
export interface UpdateTimings {
  decode: number;
  features: number;
  attribution: number;
  total: number;
}

/** Schema playfair.update/1: one window. Frames oldest first; classes highest score first. */
export interface AttributionUpdate {
  schema: string;
  video: string;
  sequence: number;
  arrivedAt: string;
  computedAt: string;
  model: string;
  score: ScoreName;
  standardError: 'exact' | 'sampled';
  samples?: number;
  iterations?: number;
  rateHz: number;
  frameIndices: number[];
  /** Seconds from the source's first frame. */
  frameTimes: number[];
  topClass: number;
  previousTopClass?: number;
  classes: ReportedClass[];
  evaluationCount: number;
  droppedFrames: number;
  timings: UpdateTimings;
}

export interface ReportedClass {
  index: number;
  name: string;
  score: number;
  prior: number;
  /** φ of each frame. */
  esv: number[];
  standardErrors?: number[];
}

/** Schema playfair.frame/1: what a frame came to when it left the window. */
export interface FrameTrack {
  video: string;
  frameIndex: number;
  timeSeconds: number;
  arrivedAt: string;
  lastSequence: number;
  windowCount: number;
  classes: { index: number; name: string; mean: number; last: number }[];
}

export interface ModelInfo {
  name: string;
  version: string;
  description: string;
  head: string;
  maxScale?: number;
  featureSize: number;
  score: ScoreName;
  classes: string[];
  isDefault: boolean;
  prior: number[];
  accuracy?: { metric: string; value: number; frames: number; split: string; videoCount: number };
  inputWidth: number;
  inputHeight: number;
  hiddenSize?: number;
  /** Frames that stand for a clip unless a user asks for another number. */
  frames?: number;
  /** As the package has it: any members, nested or not. */
  training?: Record<string, unknown>;
  scores: ScoreName[];
}

export interface ServiceStatus {
  version: string;
  startedAt: string;
  videoCount: number;
  subscriberCount: number;
  store: {
    path?: string;
    isHealthy: boolean;
    problem?: string;
    bytes: number;
    updateCount: number;
    bytesPerUpdate: number;
    unstoredUpdateCount: number;
  };
}

export type SiloState = 'joining' | 'active' | 'leaving' | 'dead';

/** A cluster: its silos, and what runs where. */
export interface ClusterStatus {
  name: string;
  answeredBy: string;
  /** Ordered by name; dead ones for as long as the cluster remembers them. */
  silos: Silo[];
  grains: GrainCount[];
  videoCount: number;
  /** Videos whose silo is gone, until another takes them over. */
  unplacedVideoCount: number;
}

/** One process of a cluster. */
export interface Silo {
  name: string;
  /** Address, port and generation: of silos of one name each has its own. */
  address: string;
  state: SiloState;
  startedAt?: string;
  version?: string;
  accelerator?: string;
  capacityCores: number;
  loadCores: number;
  usedCores: number;
  memoryBytes: number;
  videoCount: number;
  updatesPerSecond: number;
  reportedAt?: string;
}

export interface GrainCount {
  kind: string;
  silo: string;
  count: number;
}

/** Who the page's user is to the server. */
export interface Session {
  name?: string;
  role: 'view' | 'manage';
  isProtected: boolean;
  version: string;
}

export interface SourceProbe {
  source: string;
  kind: string;
  isLive: boolean;
  width?: number;
  height?: number;
  frameRateHz?: number;
  durationSeconds?: number;
  codec?: string;
  /** Base64. */
  picture?: string;
  pictureType?: string;
}

export interface VideoPlan {
  definition: VideoDefinition;
  isExact: boolean;
  evaluationsPerUpdate: number;
  firstEvaluations: number;
  evaluationsPerSecond: number;
  updatesPerSecond: number;
  windowSeconds: number;
  bytes: number;
  /** The most frames in a window whose values are exact unless asked otherwise. */
  maxWindowExact?: number;
}

/** Schema playfair.timeline/1. */
export interface Timeline {
  video: string;
  first?: { sequence: number; arrivedAt: string };
  last?: { sequence: number; arrivedAt: string };
  updateCount: number;
  updatesPerPoint: number;
  joinedSegments?: number;
  segments: TimelineSegment[];
  points: TimelinePoint[];
  frames: FrameTrack[];
}

export interface TimelineSegment {
  class: number;
  name: string;
  model: string;
  firstSequence: number;
  lastSequence: number;
  from: string;
  to: string;
  maxScore: number;
}

export interface TimelinePoint {
  sequence: number;
  arrivedAt: string;
  frameIndex: number;
  timeSeconds: number;
  classes: { index: number; name: string; score: number }[];
}

/** Schema playfair.statistics/1; docs/statistics.md defines every number. */
export interface StatisticsReport {
  bucketSeconds: number;
  updateCount: number;
  models: ModelStatistics[];
}

export interface ModelStatistics {
  model: string;
  score: ScoreName;
  classes: ClassStatistics[];
  predictions: {
    index: number; name: string; bandFrom: number; bandTo: number; windowCount: number; supportingShare: number;
  }[];
  transitions: { from: number; to: number; count: number }[];
  series: { start: string; windowCount: number; topCounts: Record<string, number> }[];
}

export interface ClassStatistics {
  index: number;
  name: string;
  windowCount: number;
  topCount: number;
  meanScore: number;
  positions: PositionStatistics[];
  drift?: {
    referenceCount: number; meanDifference: number; kolmogorovSmirnov: number; populationStabilityIndex: number;
  };
}

export interface PositionStatistics {
  windowLength: number;
  windowCount: number;
  mostSupporting: number[];
  mostDistracting: number[];
  /** [n × n], row-major; empty above 64 frames. */
  greaterThan: number[];
  supportingShare: number[];
  meanEsv: number[];
  meanAbsoluteEsv: number;
}

/** Schema playfair.moments/1. */
export interface MomentsReport {
  moments: Moment[];
  scannedCount: number;
  isComplete: boolean;
  next?: string;
}

export interface Moment {
  video: string;
  sequence: number;
  arrivedAt: string;
  timeSeconds: number;
  frameIndex: number;
  class: number;
  name: string;
  score: number;
}

/** Schema playfair.attribution/1: a clip attributed as a whole (docs/attribution-schema.md). */
export interface ClipAttribution {
  schema: string;
  video?: { path: string; width: number; height: number; durationSeconds?: number; frameRateHz?: number };
  model: { name: string; version: string };
  settings: { frameCount: number; score: ScoreName; estimator: string; sampling: string };
  frames: { position: number; index: number; timeSeconds?: number }[];
  classes: (ReportedClass & { esvSum: number; efficiencyGap: number })[];
  selected: number[];
  standardError: string;
  evaluationCount: number;
  timings: { decodeSeconds: number; featureSeconds: number; attributionSeconds: number; totalSeconds: number };
  warnings: string[];
}
