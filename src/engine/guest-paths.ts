/** A path inside the machine and where it is on this machine. */
export interface PathMapping {
  readonly guestPath: string
  readonly hostPath: string
}

/** A value that is a mapped path, or something below one, as it is on this machine; any other value unchanged. */
export function rewritePath(value: string, mappings: readonly PathMapping[]): string {
  // The longest mapping wins, so that a file below a mount is found before the mount.
  const sorted = [...mappings].sort((a, b) => b.guestPath.length - a.guestPath.length)
  for (const { guestPath, hostPath } of sorted) {
    const root = guestPath.replace(/\/+$/, '')
    if (value === root || value === `${root}/`) return hostPath
    if (value.startsWith(`${root}/`)) return `${hostPath}${value.slice(root.length)}`
  }
  return value
}
