/** A message as far as the bridge looks into it. */
export interface Message {
  readonly jsonrpc: '2.0'
  readonly id?: string | number | null
  readonly method?: string
  readonly params?: { readonly [name: string]: unknown }
}

const versionKey = 'io.modelcontextprotocol/protocolVersion'
/** Which field of the parameters becomes `Mcp-Name`. */
const nameFields: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/** The headers that streamable HTTP wants for a message: in 2026-07-28 they repeat its version, method and name. */
export function headersFor(message: Message, negotiated: string | undefined): Record<string, string> {
  const meta = message.params?.['_meta'] as Record<string, unknown> | undefined
  const version = meta?.[versionKey]
  if (typeof version !== 'string')
    return negotiated === undefined ? {} : { 'mcp-protocol-version': negotiated }
  const name = message.params?.[nameFields[message.method ?? ''] ?? '']
  return {
    'mcp-protocol-version': headerValue(version),
    'mcp-method': headerValue(message.method ?? ''),
    ...(typeof name === 'string' ? { 'mcp-name': headerValue(name) } : {}),
  }
}

/** Plain where it can be a header; else in the Base64 form that the transport defines. */
function headerValue(value: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value)
  return plain ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`
}
