import { HangarError } from '#kernel'

const refused = (message: string, code: string, hint: string) =>
  new HangarError(message, { code, status: 422, hint })

/** What a fly.toml that was read cannot be turned into. */
export const flyErrors = {
  localPath: (path: string) =>
    refused(
      `${path} names a file of this machine, which cannot be read here`,
      'HGR_MANIFEST_LOCAL_PATH',
      'Use raw_value or secret_name.',
    ),
  checkWithoutPort: (name: string) =>
    refused(
      `[checks.${name}] has no port and there is no [http_service] to take it from`,
      'HGR_MANIFEST_CHECK_PORT',
      'Write port = … in the check.',
    ),
  command: (what: string, text: string) =>
    refused(
      `${what} cannot be split into words: ${text}`,
      'HGR_MANIFEST_COMMAND',
      'A quote or a backslash is left open.',
    ),
  noReleaseCommand: (app: string | undefined) =>
    refused(
      `${app ?? 'The app'} has no release_command`,
      'HGR_MANIFEST_NO_RELEASE_COMMAND',
      'It belongs into [deploy].',
    ),
  testMachine: (missing: 'command' | 'image') =>
    refused(
      `[[machine_checks]] has no ${missing}`,
      'HGR_MANIFEST_TEST_MACHINE',
      `Write ${missing} = … into it.`,
    ),
  machineConfig: (given: string, why: string) =>
    refused(
      `machine_config "${given.slice(0, 60)}" cannot be read: ${why}`,
      'HGR_MANIFEST_MACHINE_CONFIG',
      'Write JSON, or the path of a .json file.',
    ),
}
