// The conformance suite wants Node 22 for one function of `fs` that it does not need to test a server; on older ones it gets an empty one.
import * as fs from 'node:fs'
import { register } from 'node:module'

const stand = "export * from 'node:fs'; export { default } from 'node:fs'; export const globSync = () => []"
const hooks = `export function resolve(specifier, context, next) {
  return specifier === 'fs' && context.parentURL?.includes('/conformance/')
    ? { url: 'data:text/javascript,' + ${JSON.stringify(encodeURIComponent(stand))}, shortCircuit: true }
    : next(specifier, context)
}`
if (!('globSync' in fs)) register(`data:text/javascript,${encodeURIComponent(hooks)}`)
