// How HTTP is served in Hangar: what a built-in service is, and the one way to make an HTTP app from routes.
// Knows nothing of machines, silos or any single service.
export type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
export { contextOf, createHttpApp, type HttpApp, type HttpAppOptions } from './app.ts'
export { hasLogin, hostName, isOwnName } from './browser-guard.ts'
export { acceptFlyRequests } from './fly-requests.ts'
export { createListener, type Listener, type Offer, otherOffer, ownOffer } from './listener.ts'
export type {
  NodeInstance,
  ServiceContext,
  ServiceDefinition,
  ServiceInstance,
  WireInstance,
} from './service.ts'
