import { HangarError } from '#kernel'
import type { SecretDeclaration } from '#manifest'
import { weaknesses } from '../declare/check-value.ts'
import { type Source, sourceOf } from '../declare/source.ts'
import type { StackFiles } from '../declare/stack-files.ts'
import { removeFromEnvFile, setInEnvFile } from '../env/write.ts'
import { type MachineSecrets, readTarget, type SecretsApi, staleMachines } from '../target.ts'
import { sendSecrets } from './apply.ts'
import type { PushLedger } from './ledger.ts'
import { previousName } from './names.ts'
import type { Rotation, RotationBook } from './rotation-book.ts'

export interface RotateParts {
  readonly files: StackFiles
  readonly api: SecretsApi
  readonly target: string
  readonly ledger: PushLedger
  readonly book: RotationBook
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A machine that still runs with the value before the rotation. */
export interface LateMachine extends MachineSecrets {
  readonly app: string
}

/**
 * First phase: the new value takes the name, the old one stays beside it as NAME_PREVIOUS, in the env file and then on the target.
 * Asked again after a crash it goes on where it was; `newValue` is called only when there is no new value yet.
 */
export async function beginRotation(
  parts: RotateParts,
  name: string,
  newValue: (declaration: SecretDeclaration) => Promise<string>,
): Promise<{ rotation: Rotation; versions: Map<string, number>; resumed: boolean }> {
  const { book } = parts
  const { declaration, source, places } = subjectOf(parts, name)
  const key = { target: parts.target, stack: parts.files.stack.file, source: source.name }
  const known = await book.find(key)
  if (known?.phase === 'retiring') throw rotationErrors.retiring(name)
  if (known?.phase === 'pushed') throw rotationErrors.underWay(name)
  let rotation: Rotation = known ?? {
    ...key,
    file: source.place.file,
    places,
    phase: 'begun',
    startedAt: new Date().toISOString(),
  }
  let values = valuesOf(parts, rotation)
  if (!known) {
    if (values.previous !== undefined) throw rotationErrors.leftover(name, previousName(source.name))
    await book.save(rotation)
  }
  if (rotation.phase === 'begun') {
    // Both go into the file in one write. When it crashed right after that, the old value is there under its new name already.
    if (values.previous === undefined) {
      const value = await newValue(declaration)
      const problems = weaknesses(value, declaration)
      if (problems.length > 0 || value === source.value) {
        await book.remove(rotation)
        throw rotationErrors.weak(name, problems[0] ?? 'is the value it has now')
      }
      values = { current: value, previous: source.value }
      await setInEnvFile({
        path: rotation.file,
        values: { [source.name]: value, [previousName(source.name)]: source.value },
        environment: parts.environment,
      })
    }
    rotation = { ...rotation, phase: 'written' }
    await book.save(rotation)
  }
  const versions = await send(parts, rotation, name => ({
    [name]: values.current,
    [previousName(name)]: values.previous ?? null,
  }))
  rotation = { ...rotation, phase: 'pushed' }
  await book.save(rotation)
  return { rotation, versions, resumed: known !== undefined }
}

/** Machines that have not taken up the new value. Empty: the old one may be retired. */
export async function lateMachines(
  parts: Pick<RotateParts, 'api'>,
  rotation: Rotation,
): Promise<LateMachine[]> {
  const states = await readTarget(parts.api, [...new Set(rotation.places.map(({ app }) => app))])
  return [...states].flatMap(([app, state]) => {
    const names = new Set(rotation.places.filter(place => place.app === app).map(({ name }) => name))
    return staleMachines(state, names).map(({ machine }) => ({ app, ...machine }))
  })
}

/** Second phase: the old value goes, from the target first and then from the env file. Refused while a machine still runs with it. */
export async function retireRotation(
  parts: RotateParts,
  name: string,
  options: { force: boolean },
): Promise<{ rotation: Rotation; versions: Map<string, number> }> {
  const rotation = await underWay(parts, name)
  if (rotation.phase === 'begun' || rotation.phase === 'written') throw rotationErrors.notPushed(name)
  const late = await lateMachines(parts, rotation)
  if (late.length > 0 && !options.force) throw rotationErrors.stillUsed(name, late)
  await parts.book.save({ ...rotation, phase: 'retiring' })
  const versions = await send(parts, rotation, one => ({ [previousName(one)]: null }))
  await removeFromEnvFile(rotation.file, [previousName(rotation.source)])
  await parts.book.remove(rotation)
  return { rotation, versions }
}

/** Puts the old value back in its place, everywhere; the new one is gone afterwards. */
export async function abandonRotation(
  parts: RotateParts,
  name: string,
): Promise<{ rotation: Rotation; versions: Map<string, number> }> {
  const rotation = await underWay(parts, name)
  if (rotation.phase === 'retiring') throw rotationErrors.retiring(name)
  const { previous } = valuesOf(parts, rotation)
  let versions = new Map<string, number>()
  if (previous !== undefined) {
    await setInEnvFile({
      path: rotation.file,
      values: { [rotation.source]: previous },
      environment: parts.environment,
    })
    versions = await send(parts, rotation, one => ({ [one]: previous, [previousName(one)]: null }))
    await removeFromEnvFile(rotation.file, [previousName(rotation.source)])
  }
  await parts.book.remove(rotation)
  return { rotation, versions }
}

async function underWay(parts: RotateParts, name: string): Promise<Rotation> {
  const declaration = declarationOf(parts, name)
  const sources = new Set(Object.values(declaration.from))
  const known = (await parts.book.all()).find(
    one => one.target === parts.target && one.stack === parts.files.stack.file && sources.has(one.source),
  )
  if (!known) throw rotationErrors.notUnderWay(name)
  return known
}

/** Every app and name that has its value from the same line of the env files: they change together or not at all. */
function subjectOf(parts: RotateParts, name: string) {
  const { files } = parts
  const declaration = declarationOf(parts, name)
  const sources = declaration.apps.map(app => sourceOf(files, declaration, app))
  const unreadable = sources.find(source => source.state === 'unreadable')
  if (unreadable?.state === 'unreadable') throw unreadable.error
  const known = sources.filter((source): source is Source & { state: 'value' } => source.state === 'value')
  const [source] = known
  if (!source) throw rotationErrors.noValue(name)
  if (known.some(one => one.name !== source.name)) throw rotationErrors.severalSources(name, known)
  const places = files.declarations.flatMap(one =>
    one.apps.flatMap(app => {
      const from = sourceOf(files, one, app)
      const flyName = files.apps.find(candidate => candidate.app.name === app)?.flyName ?? app
      return from.state === 'value' && from.name === source.name && !one.public
        ? [{ app: flyName, name: one.name }]
        : []
    }),
  )
  return { declaration, source, places }
}

function declarationOf({ files }: RotateParts, name: string): SecretDeclaration {
  const found = files.declarations.find(one => one.name === name)
  if (!found || found.public) throw rotationErrors.notDeclared(name)
  return found
}

function valuesOf(
  { files }: RotateParts,
  rotation: Rotation,
): { current: string; previous: string | undefined } {
  return {
    current: files.variables.get(rotation.source)?.value ?? '',
    previous: files.variables.get(previousName(rotation.source))?.value,
  }
}

async function send(
  parts: RotateParts,
  rotation: Rotation,
  valuesFor: (name: string) => Record<string, string | null>,
): Promise<Map<string, number>> {
  const byApp = new Map<string, Record<string, string | null>>()
  for (const { app, name } of rotation.places) byApp.set(app, { ...byApp.get(app), ...valuesFor(name) })
  const versions = new Map<string, number>()
  for (const [app, values] of byApp) {
    const { version } = await sendSecrets(parts.api, parts.ledger, parts.target, app, values)
    versions.set(app, version)
  }
  return versions
}

const rotationErrors = {
  notDeclared: (name: string) => fail(`${name} is no declared secret`, 404, 'Declare it in hangar.toml.'),
  noValue: (name: string) =>
    fail(
      `The value that ${name} has now is in no env file`,
      422,
      'The old value is kept beside the new one, so it must be known. Without it, set a new value and push.',
    ),
  severalSources: (name: string, sources: readonly Source[]) =>
    fail(
      `${name} has different sources: ${[...new Set(sources.map(one => one.name))].join(', ')}`,
      422,
      'Rotate the declarations one by one.',
    ),
  leftover: (name: string, previous: string) =>
    fail(
      `${previous} is in the env files already, so the old value of ${name} has no place`,
      409,
      `Remove ${previous} first.`,
    ),
  weak: (name: string, problem: string) =>
    fail(`The new value of ${name} ${problem}`, 422, 'Nothing was changed.'),
  underWay: (name: string) =>
    fail(
      `${name} is being rotated already`,
      409,
      `Finish it (hangar secrets rotate ${name} --retire) or take it back (--abandon).`,
    ),
  retiring: (name: string) =>
    fail(
      `The old value of ${name} is being retired`,
      409,
      `Go on with: hangar secrets rotate ${name} --retire`,
    ),
  notUnderWay: (name: string) =>
    fail(`${name} is not being rotated`, 404, `Begin with: hangar secrets rotate ${name}`),
  notPushed: (name: string) =>
    fail(
      `The new value of ${name} is not on the target yet`,
      409,
      `Go on with: hangar secrets rotate ${name}`,
    ),
  stillUsed: (name: string, late: readonly LateMachine[]) =>
    new HangarError(
      `The old value of ${name} is still used by ${late.length === 1 ? 'a machine' : `${late.length} machines`}: ${late
        .slice(0, 10)
        .map(one => `${one.id} (${one.app})`)
        .join(', ')}`,
      {
        code: 'HGR_SECRETS_STILL_USED',
        status: 409,
        hint: 'Deploy these apps or restart their machines, then retire it.',
        data: { machines: late.map(({ app, id, state }) => ({ app, id, state })) },
      },
    ),
}

function fail(message: string, status: number, hint: string): HangarError {
  return new HangarError(message, { code: 'HGR_SECRETS_ROTATION', status, hint })
}
