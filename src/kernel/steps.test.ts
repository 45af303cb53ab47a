import { describe, expect, it } from 'vitest'
import { type Journal, type JournalEntry, runSteps, type Step } from './steps.ts'

/** A journal that can "crash" (throw) at its nth write, as a kill would end the process between two lines. */
function journal(crashAt = Number.POSITIVE_INFINITY): Journal & { entries: JournalEntry[]; crashAt: number } {
  let writes = 0
  const self = {
    entries: [] as JournalEntry[],
    crashAt,
    read: () => self.entries,
    write(entry: JournalEntry) {
      if (++writes === self.crashAt) throw new Error('crash')
      self.entries.push(entry)
    },
  }
  return self
}

function world(failing?: string) {
  const done = new Set<string>()
  const steps: Step<object>[] = ['a', 'b', 'c'].map(name => ({
    name,
    async run() {
      if (name === failing) throw new Error(`${name} failed`)
      done.add(name)
    },
    async undo() {
      done.delete(name)
    },
  }))
  return { done, steps }
}

describe('durable steps', () => {
  it('run in order, each recorded before and after', async () => {
    const { done, steps } = world()
    const log = journal()
    await runSteps(steps, {}, log)
    expect([...done]).toEqual(['a', 'b', 'c'])
    expect(log.entries.map(entry => `${entry.step} ${entry.state}`)).toEqual([
      'a begun',
      'a done',
      'b begun',
      'b done',
      'c begun',
      'c done',
    ])
  })

  it('are undone in reverse when one fails, and the first error is the one reported', async () => {
    const { done, steps } = world('c')
    const log = journal()
    await expect(runSteps(steps, {}, log)).rejects.toThrow('c failed')
    expect([...done]).toEqual([])
    expect(log.entries.filter(entry => entry.state === 'undone').map(entry => entry.step)).toEqual([
      'c',
      'b',
      'a',
    ])
  })

  it('end either all done or all undone, wherever a crash interrupts them', async () => {
    for (const failing of [undefined, 'a', 'b', 'c']) {
      for (let crashAt = 1; crashAt <= 14; crashAt++) {
        const { done, steps } = world(failing)
        const log = journal(crashAt)
        await runSteps(steps, {}, log).catch(() => {})
        log.crashAt = Number.POSITIVE_INFINITY
        // A new process goes on with what the journal says.
        const outcome = await runSteps(steps, {}, log).then(
          () => 'done',
          () => 'undone',
        )
        expect([...done].sort(), `failing ${failing}, crash at write ${crashAt}`).toEqual(
          outcome === 'done' ? ['a', 'b', 'c'] : [],
        )
      }
    }
  })
})
