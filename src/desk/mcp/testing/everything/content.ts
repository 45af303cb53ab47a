import {
  createRequestStateCodec,
  type ElicitRequestFormParams,
  type ServerContext,
} from '@modelcontextprotocol/server'

export const codec = createRequestStateCodec<{ round: number }>({ key: 'conformance'.padEnd(32, '.') })
export const json = 'application/json'
export const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
export const wav = Buffer.concat([
  Buffer.from('RIFF'),
  Buffer.from([36, 0, 0, 0]),
  Buffer.from('WAVEfmt '),
  Buffer.from([16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]),
  Buffer.from('data'),
  Buffer.from([0, 0, 0, 0]),
]).toString('base64')

export const text = (value: string) => ({ type: 'text', text: value })
export const said = (value: string) => ({ content: [text(value)] })
export const image = { type: 'image', data: png, mimeType: 'image/png' }
export const pause = () => new Promise<void>(resolve => setTimeout(resolve, 50))

export type FormSchema = ElicitRequestFormParams['requestedSchema']
/** The content of an accepted form, if that is what came. */
export function form(context: ServerContext, key: string): Record<string, unknown> | undefined {
  const response = context.mcpReq.inputResponses?.[key] as { action?: string; content?: object } | undefined
  return response?.action === 'accept' && typeof response.content === 'object'
    ? (response.content as Record<string, unknown>)
    : undefined
}
