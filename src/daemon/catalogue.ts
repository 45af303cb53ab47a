import type { ServiceDefinition } from '#http'
import type { Clock } from '#kernel'
import { createPostgresImage, type PostgresImageOptions } from '#postgres'
import {
  Catalogue,
  createCommandImage,
  createProcessRuntime,
  type HostedServices,
  type LogBook,
} from '#runtime'

export interface CatalogueParts {
  readonly hosted: HostedServices
  readonly logs: LogBook
  readonly clock: Clock
  readonly homeId: string
  readonly postgres: PostgresImageOptions
  readonly hostEnv: Readonly<Record<string, string | undefined>>
}

/** Repositories of the official images, and the built-in service that stands for each. */
export const serviceImages: Readonly<Record<string, ServiceDefinition['name']>> = {
  'postgrest/postgrest': 'rest',
  'supabase/gotrue': 'auth',
  'supabase/auth': 'auth',
  kong: 'gateway',
  'kong/kong': 'gateway',
  'supabase/storage-api': 'storage',
  'supabase/studio': 'studio',
  'axllent/mailpit': 'mail',
}

/** What every image reference means on this machine. */
export function createCatalogue({
  hosted,
  logs,
  clock,
  homeId,
  postgres,
  hostEnv,
}: CatalogueParts): Catalogue {
  return new Catalogue([
    {
      repositories: ['supabase/postgres'],
      runtime: createProcessRuntime({ image: createPostgresImage(postgres), clock, logs, homeId }),
    },
    {
      repositories: ['hangar/process'],
      runtime: createProcessRuntime({ image: createCommandImage(hostEnv), clock, logs, homeId }),
    },
    ...Object.entries(serviceImages).map(([repository, service]) => ({
      repositories: [repository],
      runtime: hosted.runtime(service),
    })),
  ])
}
