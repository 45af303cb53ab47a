import { expect, it } from 'vitest'
import { lintPage } from './lint-page.ts'
import { stackPage } from './stack-page.ts'

// `npx vitest run src/manifest -u` writes the pages anew.

it('the page of hangar.toml names every key with its meaning', async () => {
  const page = stackPage()
  expect(page.split('\n').filter(line => /^\|.*\|\s*\|$/.test(line))).toEqual([])
  await expect(page).toMatchFileSnapshot('../../../docs/reference/hangar-toml.md')
})

it('the page of lint names every rule', async () => {
  await expect(lintPage()).toMatchFileSnapshot('../../../docs/reference/lint.md')
})
