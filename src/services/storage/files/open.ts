import { join } from 'node:path'
import type { StorageSettings } from '../settings.ts'
import { LocalFiles } from './local/store.ts'
import type { ObjectFiles } from './port.ts'
import { RemoteFiles } from './remote/store.ts'

/** The backend that the settings name. */
export function openFiles(settings: StorageSettings): ObjectFiles {
  return settings.remote
    ? new RemoteFiles(settings.remote, settings.tenantId)
    : new LocalFiles(join(settings.directory as string, settings.tenantId))
}
