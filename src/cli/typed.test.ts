import { afterEach, describe, expect, it, vi } from 'vitest'
import { main } from './main.ts'
import { showProgress } from './output/progress.ts'

// What is typed wrong, as a user types it: refused here, before anybody is asked.

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function hangar(...line: string[]): Promise<{ code: number; text: string }> {
  let text = ''
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation(part => {
      text += String(part)
      return true
    })
  await main([...line, '--home', '/nonexistent'])
  return { code: Number(process.exitCode ?? 0), text }
}

describe('what is typed', () => {
  it('is named when it is no number', async () => {
    const refused = await hangar('silo', 'create', 'acme', 'erp', '--auto-stop-minutes', 'banana')
    expect(refused).toMatchObject({ code: 2, text: expect.stringContaining('--auto-stop-minutes: "banana"') })
    expect(await hangar('silo', 'extend', 'acme-erp', 'soon')).toMatchObject({ code: 2 })
    expect((await hangar('audit', 'list', '--before', 'abc')).text).toContain('"abc" is not a number')
    // A number goes on to Hangar, which does not run there.
    expect(await hangar('silo', 'extend', 'acme-erp', '5')).toMatchObject({ code: 3 })
  })

  it('is asked about where it deletes for good, and refused where nobody can be asked', async () => {
    const terminal = process.stdin.isTTY
    process.stdin.isTTY = false
    try {
      const refused = await hangar('silo', 'forget', 'acme-erp')
      expect(refused).toMatchObject({ code: 2, text: expect.stringContaining('must be confirmed') })
      expect(refused.text).toContain('Add --yes.')
      // With the word for it, it goes on to Hangar, which does not run there.
      expect(await hangar('silo', 'forget', 'acme-erp', '--yes')).toMatchObject({ code: 3 })
    } finally {
      process.stdin.isTTY = terminal
    }
  })

  it('is explained by help with the name of a command', async () => {
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    const printed = await hangar('help', 'silo')
    expect(printed).toMatchObject({ code: 0, text: expect.stringContaining('Usage: hangar silo') })
  })
})

describe('the steps of a long operation', () => {
  it('are all there once the first moment has passed, and none before', () => {
    let text = ''
    vi.spyOn(process.stderr, 'write').mockImplementation(part => {
      text += String(part)
      return true
    })
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
    const progress = showProgress(false)
    const done = (index: number) =>
      progress.on({ step: `step ${index}`, index, of: 3, state: 'done', ms: 1 } as never)
    done(0)
    done(1)
    expect(text).toBe('')
    clock.mockReturnValue(1000)
    done(2)
    expect(text.match(/step \d/g)).toEqual(['step 0', 'step 1', 'step 2'])
  })
})
