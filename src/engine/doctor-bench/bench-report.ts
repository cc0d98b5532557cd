/** What one stage of the analysis costs. */
export interface StageTime {
  readonly stage: string;
  /** CPU milliseconds for one photo, on average. */
  readonly cpuMs: number;
  /** What runs it; empty for our own code. */
  readonly modelIds: readonly string[];
}

/** How many photos that many processes analyse. */
export interface PoolSpeed {
  readonly processes: number;
  readonly photosPerSecond: number;
  /** Compared with one process. */
  readonly speedUp: number;
}

/** What `keepsight doctor --bench` measured, and what follows from it. */
export interface BenchReport {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** The photo that was analysed. */
  readonly photo: { readonly width: number; readonly height: number; readonly byteSize: number };
  /** In the order in which they run. */
  readonly stages: readonly StageTime[];
  /** From starting a process to its first photo, models loaded; milliseconds. */
  readonly firstPhotoMs: number;
  /** A photo in a process that is warm, milliseconds. */
  readonly photoMs: number;
  /** Resident bytes of one analyser process. */
  readonly processBytes: number;
  readonly speeds: readonly PoolSpeed[];
  /** Other programs kept the processor busy: times on the clock, and what follows from them, are too long. */
  readonly isBusy: boolean;
  readonly recommendedProcesses: number;
  readonly configuredProcesses: number;
  /** From the times on the clock; beside other programs from the work alone, as if they were not there. */
  readonly prediction: { readonly photos: number; readonly seconds: number };
  /** What would help, for a person. */
  readonly advice: readonly string[];
}
