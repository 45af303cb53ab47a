import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'

/** A request to the gateway that is not sent yet, on a connection of its own. */
export const asked = (port: number, options: RequestOptions = {}) =>
  request({ host: '127.0.0.1', port, path: '/api/v1/x', agent: false, ...options })

export async function responseTo(outgoing: ReturnType<typeof request>): Promise<IncomingMessage> {
  return (await once(outgoing, 'response'))[0]
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  return text
}
