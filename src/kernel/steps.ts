import { asHangarError } from './errors.ts'

/** One named step of a long operation. `run` and `undo` may be repeated after a crash, so both are idempotent. */
export interface Step<C> {
  readonly name: string
  run(context: C): Promise<void>
  /** How it is taken back; a step without `undo` leaves nothing behind. */
  undo?(context: C): Promise<void>
}

/** Where steps are recorded before they are acted on. Every write is durable when the call returns. */
export interface Journal {
  /** Steps begun so far, in order, and what became of each. */
  read(): readonly JournalEntry[]
  write(entry: JournalEntry): void
}

export interface JournalEntry {
  readonly step: string
  readonly state: 'begun' | 'done' | 'undoing' | 'undone'
}

export type StepListener = (event: {
  step: string
  index: number
  of: number
  state: JournalEntry['state']
  ms: number
}) => void

/**
 * Runs the steps that are not done yet. If one fails, every step that was begun is undone in reverse, then the first error is thrown; an undo that
 * fails too leaves its step `undoing` in the journal.
 * After a crash the same call goes on where it was: a half-done step runs again, an interrupted undo is finished (and the original call is reported as failed).
 */
export async function runSteps<C>(
  steps: readonly Step<C>[],
  context: C,
  journal: Journal,
  listener: StepListener = () => {},
): Promise<void> {
  const latest = new Map(journal.read().map(entry => [entry.step, entry.state]))
  if ([...latest.values()].some(state => state === 'undoing' || state === 'undone')) {
    await undoSteps(steps, context, journal, listener)
    throw asHangarError(new Error('it had failed before the restart and was taken back'), 'Resuming')
  }
  for (const [index, step] of steps.entries()) {
    if (latest.get(step.name) === 'done') continue
    const note = tell(listener, step.name, index, steps.length)
    journal.write({ step: step.name, state: 'begun' })
    note('begun')
    try {
      await step.run(context)
    } catch (error) {
      // What cannot be taken back now stays in the journal; why it had to be is what is told.
      await undoSteps(steps, context, journal, listener).catch(() => {})
      throw error
    }
    journal.write({ step: step.name, state: 'done' })
    note('done')
  }
}

/** Takes back every step that was begun, last one first. A step whose undo fails stays `undoing`, so that the next start tries again. */
export async function undoSteps<C>(
  steps: readonly Step<C>[],
  context: C,
  journal: Journal,
  listener: StepListener = () => {},
): Promise<void> {
  const latest = new Map(journal.read().map(entry => [entry.step, entry.state]))
  for (const [index, step] of [...steps.entries()].reverse()) {
    const state = latest.get(step.name)
    if (state === undefined || state === 'undone') continue
    const note = tell(listener, step.name, index, steps.length)
    journal.write({ step: step.name, state: 'undoing' })
    note('undoing')
    await step.undo?.(context)
    journal.write({ step: step.name, state: 'undone' })
    note('undone')
  }
}

function tell(listener: StepListener, step: string, index: number, of: number) {
  const started = performance.now()
  return (state: JournalEntry['state']) =>
    listener({ step, index, of, state, ms: performance.now() - started })
}
