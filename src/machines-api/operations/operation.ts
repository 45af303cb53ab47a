import type { Call } from '../call.ts'

/** One operation of Fly's OpenAPI file and how it is answered. */
export interface ApiOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As in the OpenAPI file. */
  readonly path: string
  /** Status of success. */
  readonly status: number
  /** The body; undefined: none. */
  answer(call: Call): Promise<unknown>
}
