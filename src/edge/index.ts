// The proxy in front of all apps: names, doors, hold-and-wake, limits, replay, upgrades, raw TCP, TLS, autostop.
// Knows no machine by itself: it asks Routes and Waker, and tells ActivitySink; never imports the engine.
export { Edge, type EdgeOptions, type EdgeStats } from './edge.ts'
export type * from './ports.ts'
