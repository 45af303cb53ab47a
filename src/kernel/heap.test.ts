import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Runs in a process of its own: flags of V8 are those of all threads, and the nursery of this one has grown long ago. */
const program = `
import { growNursery, nurseryCapacity } from ${JSON.stringify(fileURLToPath(new URL('heap.ts', import.meta.url)))}
import { FakeClock } from ${JSON.stringify(fileURLToPath(new URL('fake-clock.ts', import.meta.url)))}
const clock = new FakeClock()
const began = nurseryCapacity()
const share = Number(process.argv[2])
growNursery({ clock, nurseryBytes: Number(process.argv[1]) * began * 1.1, usedMs: () => clock.monotonic() * share })
let kept = []
await clock.advance(1_000)
for (let turn = 0; turn < 200; turn++) {
  await clock.advance(50)
  for (let n = 0; n < 20_000; n++) {
    kept.push({ n, text: String(n) })
    if (kept.length > 5_000) kept = []
  }
}
console.log(nurseryCapacity() / began)
`

/** How many times as large as in the beginning the nursery is after much work. */
function grown(most: number, busy = 1): number {
  const args = [
    '--max-semi-space-size=64',
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    program,
    String(most),
    String(busy),
  ]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

describe('the nursery of a busy process', () => {
  it('grows as far as it may, and no further', () => {
    expect(Math.round(grown(2))).toBe(2)
  })

  it('stays as it is while the process has little to do', () => {
    expect(Math.round(grown(2, 0.01))).toBe(1)
  })

  it('stays as it is when it may not grow', () => {
    expect(Math.round(grown(1))).toBe(1)
  })
})
