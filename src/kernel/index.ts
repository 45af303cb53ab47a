// What every other folder stands on: errors, time, ids, events, gates, ordered start and stop, durable steps, logging, who a process is.
// Knows no domain word (no machine, no silo) and imports nothing of Hangar.
export { Attention, attention } from './attention.ts'
export { type Clock, sleep, systemClock, type Timer } from './clock.ts'
export { formatDuration, humanDuration, parseDuration } from './durations.ts'
export {
  asHangarError,
  codeOf,
  type ErrorDetails,
  HangarError,
  messageOf,
  notImplemented,
} from './errors.ts'
export { EventHub, type Subscription } from './events.ts'
export { FakeClock } from './fake-clock.ts'
export { syncFolder, writeFileAtomic } from './files.ts'
export { Gate, type GateOutcome, type GateState } from './gate.ts'
export { serviceNurseryBytes, tuneHeap } from './heap.ts'
export { collectWhenIdle } from './idle-memory.ts'
export { machineId, prefixedId, ulid, ulidAfter, volumeId } from './ids.ts'
export { type Lifecycle, LifecycleGroups } from './lifecycle.ts'
export { Limiter } from './limiter.ts'
export { createLog, type Log, type LogLevel, laterLog, silentLog } from './log.ts'
export { lives, type ProcStat, procStat } from './proc-stat.ts'
export { type Redactor, SecretMarks } from './redactor.ts'
export { Serial } from './serial.ts'
export { SingleFlight } from './single-flight.ts'
export {
  type Journal,
  type JournalEntry,
  runSteps,
  type Step,
  type StepListener,
  undoSteps,
} from './steps.ts'
