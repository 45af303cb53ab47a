// HTTP/1.1 on the wire: message heads, bodies, kept connections, a server. Used by whatever passes messages on or answers many: the edge,
// the gateway, REST. Knows nothing of machines, routes or services, and loads no library.
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
export { Connection, type ConnectionOwner, type Turn } from './server/connection.ts'
export { isRepeated } from './server/header-table.ts'
export { IdleWatch, LateHead } from './server/idle-watch.ts'
export type { BodyOwner, WireRequest } from './server/request.ts'
export { type AnswerHeaders, headerLines, type WireResponse } from './server/response.ts'
export { WireServer } from './server/server.ts'
export type { WireService } from './server/service.ts'
