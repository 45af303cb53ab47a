import { expect, it } from 'vitest'
import { wordsOf } from './words.ts'

it.each([
  ['ls -la /data', ['ls', '-la', '/data']],
  [`sh -c 'echo "a  b"; exit 3'`, ['sh', '-c', 'echo "a  b"; exit 3']],
  [`echo "it's \\"here\\" \\n"`, ['echo', `it's "here" \\n`]],
  [`touch a\\ b ''`, ['touch', 'a b', '']],
  [`  a'b'"c"  `, ['abc']],
  ['', []],
])('%s', (line, words) => {
  expect(wordsOf(line)).toEqual(words)
})

it('says so when a quote stays open', () => {
  expect(() => wordsOf(`sh -c 'echo`)).toThrow(`the ' is not closed`)
})
