// HTTP/1.1 on the wire: message heads, bodies, kept connections. Used by whatever passes messages on: the edge and the gateway.
// Knows nothing of machines, routes or services, and loads no library.
export { type AnswerOwner, AnswerReader } from './answer.ts'
export { BadMessage } from './bad-message.ts'
export { type BodyReader, bodyReader, ChunkReader } from './body.ts'
export {
  type Fields,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
} from './head.ts'
export { type Upstream, type UpstreamAddress, type UpstreamOwner, UpstreamPool } from './pool.ts'
