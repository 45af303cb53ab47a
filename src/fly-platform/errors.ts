import { HangarError } from '#kernel'

export const platformErrors = {
  badRequest: (message: string) => new HangarError(message, { code: 'HGR_FLY_BAD_REQUEST', status: 400 }),
  unauthorized: () =>
    new HangarError('The token is missing or wrong', {
      code: 'HGR_FLY_UNAUTHORIZED',
      status: 401,
      hint: 'Set FLY_API_TOKEN as "hangar fly env" prints it.',
    }),
  orgNotFound: (slug: string) =>
    new HangarError(`Could not find Organization "${slug}"`, {
      code: 'HGR_FLY_ORG_NOT_FOUND',
      status: 404,
      hint: 'There is one organization here: personal.',
    }),
  nodeNotFound: (what: string, id: string) =>
    new HangarError(`Could not find ${what} "${id}"`, { code: 'HGR_FLY_NODE_NOT_FOUND', status: 404 }),
  releaseNotFound: (id: string) =>
    new HangarError(`release not found: ${id}`, { code: 'HGR_FLY_RELEASE_NOT_FOUND', status: 404 }),
  noCurrentRelease: (app: string) =>
    new HangarError(`App "${app}" has no complete release`, {
      code: 'HGR_FLY_NO_CURRENT_RELEASE',
      status: 404,
    }),
  buildNotFound: (id: number | string) =>
    new HangarError(`build not found: ${id}`, { code: 'HGR_FLY_BUILD_NOT_FOUND', status: 404 }),
  // flyctl goes on when it reads these two words.
  unknownRepository: (image: string) =>
    new HangarError(`Unknown repository: ${image}`, { code: 'HGR_FLY_UNKNOWN_REPOSITORY', status: 404 }),
  notHere: (what: string, instead?: string) =>
    new HangarError(`${what} is not built in Hangar`, {
      code: 'HGR_NOT_IMPLEMENTED',
      status: 501,
      kind: 'user',
      hint: instead ?? 'docs/reference/flyctl.md lists what is.',
    }),
}
