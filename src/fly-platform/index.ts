// What Fly's clients (flyctl, fly-go) ask beside the Machines API: organizations, releases, builds and logs over REST, and GraphQL.
// Translates over a MachinesApi it is handed; keeps only what the clients record of their deploys, through its port ReleaseStore.

export { createFlyPlatform, type FlyPlatform, type FlyPlatformOptions } from './platform.ts'
export type { BuildRecord, ImageResolver, MachineLogs, ReleaseRecord, ReleaseStore } from './ports.ts'
