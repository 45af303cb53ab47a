import type { ImageRef } from '#contract'
import type { LaunchSpec, Runtime } from '#engine'
import { runtimeErrors } from './errors.ts'
import { parseImageRef } from './image-ref.ts'

/** What runs machines of one kind of image. */
export type ImageRuntime = Omit<Runtime, 'resolve' | 'sweep'>

export interface CatalogueEntry {
  /** Repositories that this entry stands for, without tag; a registry matters only when it is written here. */
  readonly repositories: readonly string[]
  readonly runtime: ImageRuntime
}

/** Which image is run by what. */
export class Catalogue {
  readonly #byRepository = new Map<string, ImageRuntime>()

  constructor(entries: readonly CatalogueEntry[]) {
    for (const { repositories, runtime } of entries)
      for (const repository of repositories) this.#byRepository.set(repository, runtime)
  }

  resolve(image: string): ImageRef {
    const ref = parseImageRef(image)
    if (!this.#find(ref)) throw runtimeErrors.unknownImage(image, [...this.#byRepository.keys()])
    return ref
  }

  runtimeOf(spec: Pick<LaunchSpec, 'image'>): ImageRuntime {
    const runtime = this.#find(parseImageRef(spec.image))
    if (!runtime) throw runtimeErrors.unknownImage(spec.image, [...this.#byRepository.keys()])
    return runtime
  }

  #find({ registry, repository }: ImageRef): ImageRuntime | undefined {
    return (
      this.#byRepository.get(`${registry}/${repository}`) ??
      this.#byRepository.get(repository) ??
      this.#byRepository.get(repository.replace(/^library\//, ''))
    )
  }
}
