import type { TomlDocument, TomlEntry, TomlTable } from '../toml/document.ts'
import type { Edit } from '../toml/edits.ts'
import { Editor } from './editor.ts'
import type { Finding } from './finding.ts'
import { listeningPort } from './listening-port.ts'
import type { RuleName } from './rule-table.ts'

// What is in the wrong place or has the wrong name. Looks at the document as it is written, before any schema, and
// says how to bring it into the form that Fly reads.

const restingKeys = new Set(['auto_stop_machines', 'auto_start_machines', 'min_machines_running'])
const serviceKeys = new Set([...restingKeys, 'internal_port', 'protocol', 'concurrency', 'processes'])
const rootKeys = new Set(['kill_signal', 'kill_timeout', 'swap_size_mb', 'console_command', 'primary_region'])

/** Names that people write for a key of the service. */
const invented: Readonly<Record<string, string>> = {
  autostop: 'auto_stop_machines',
  auto_stop: 'auto_stop_machines',
  autostart: 'auto_start_machines',
  auto_start: 'auto_start_machines',
  min_machines: 'min_machines_running',
  port: 'internal_port',
}

/** Keys that Fly once had, by the table they stand in. */
const retired: readonly (readonly [section: RegExp, key: string, why: string])[] = [
  [/^(services|http_service)\./, 'restart_limit', 'checks never restart a machine'],
  [/^checks\./, 'restart_limit', 'checks never restart a machine'],
  [/^experimental$/, 'private_network', 'every app is on the private network'],
  [/^experimental$/, 'allowed_public_ports', 'the ports of the services are what is public'],
  [/^experimental$/, 'lazy_load_images', 'images are not loaded lazily any more'],
]

/** Headers under another name: as written → as Fly writes it. */
const headers: readonly (readonly [from: RegExp, to: string, rule: RuleName, message: string])[] = [
  [/^\[services\]$/, '[[services]]', 'old-spelling', 'services are a list: [[services]]'],
  [/^\[services\.ports\]$/, '[[services.ports]]', 'old-spelling', 'ports are a list: [[services.ports]]'],
  [/^\[mount\]$/, '[[mounts]]', 'old-spelling', 'the section is called [[mounts]] now'],
  [/^\[\[mount\]\]$/, '[[mounts]]', 'old-spelling', 'the section is called [[mounts]] now'],
  [/^(\[compute\]|\[\[computes?\]\])$/, '[[vm]]', 'old-spelling', 'the section is called [[vm]] now'],
  [/^(\[metric\]|\[\[metric\]\])$/, '[[metrics]]', 'old-spelling', 'the section is called [[metrics]] now'],
  [/^\[restart\]$/, '[[restart]]', 'single-table', '[[restart]] is a list'],
  [/^\[files\]$/, '[[files]]', 'single-table', '[[files]] is a list'],
  [/^\[statics\]$/, '[[statics]]', 'single-table', '[[statics]] is a list'],
  [/^\[machine_checks\]$/, '[[machine_checks]]', 'single-table', '[[machine_checks]] is a list'],
  [
    /^\[http_service\.checks\]$/,
    '[[http_service.checks]]',
    'single-table',
    'checks of the service are a list',
  ],
  [
    /^\[\[?http_service\.http_checks\]?\]$/,
    '[[http_service.checks]]',
    'invented-key',
    'in [http_service] they are called checks',
  ],
  [
    /^\[\[?services\.checks\]?\]$/,
    '[[services.http_checks]]',
    'invented-key',
    'in [[services]] they are called http_checks or tcp_checks',
  ],
]

export function findMisplaced(document: TomlDocument): Finding[] {
  return [...new Structure(document).findings()]
}

class Structure {
  private readonly document: TomlDocument
  private readonly editor: Editor
  private readonly services: readonly TomlTable[]
  /** Ports by the table of their service. */
  private readonly ports = new Map<TomlTable, TomlTable[]>()
  /** How many tables have a section's name. */
  private readonly sections = new Map<string, number>()
  /** Keys that a finding has moved into the services. */
  private readonly placed = new Set<string>()

  constructor(document: TomlDocument) {
    this.document = document
    this.editor = new Editor(document)
    this.services = this.editor.tables(isService)
    for (const table of document.tables) {
      const section = sectionOf(table)
      this.sections.set(section, (this.sections.get(section) ?? 0) + 1)
      const service = isPorts(table.path) ? this.serviceOf(table) : undefined
      const ports = service && this.ports.get(service)
      if (ports) ports.push(table)
      else if (service) this.ports.set(service, [table])
    }
  }

  *findings(): Generator<Finding> {
    for (const service of this.services) yield* this.internalPort(service)
    for (const table of this.document.tables) {
      yield* this.header(table)
      const section = sectionOf(table)
      for (const entry of table.entries) {
        if (isPorts(table.path)) yield* this.inPorts(entry, table)
        else if (isService(table.path)) yield* this.inService(entry, table)
        else yield* this.elsewhere(entry, section)
        yield* this.retired(entry, section)
      }
    }
  }

  private *header(table: TomlTable): Generator<Finding> {
    if (table.kind === 'root') return
    const written = this.document.text.slice(...table.header).replace(/[ \t]/g, '')
    for (const [from, to, rule, message] of headers) {
      if (!from.test(written)) continue
      // A second one of that name would become another element, or clash with a list.
      const list = to.replace(/[[\]]/g, '')
      const others = (this.sections.get(list) ?? 0) - (sectionOf(table) === list ? 1 : 0)
      yield this.finding(rule, table.header[0], message, others > 0 ? [] : this.editor.setHeader(table, to))
    }
  }

  /** Where the app listens, when a variable or the image tells. */
  private *internalPort(service: TomlTable): Generator<Finding> {
    const names = new Set(['internal_port', 'port'])
    if (service.entries.some(({ key }) => names.has(key))) return
    const moving = this.ports
      .get(service)
      ?.some(({ entries }) => entries.some(({ key }) => key === 'internal_port'))
    const known = moving ? undefined : listeningPort(this.document.value)
    if (known)
      yield this.finding(
        'internal-port',
        service.header[0],
        `the service does not say where the app listens; ${known.because} says ${known.port}`,
        this.editor.insert(service, `internal_port = ${known.port}`),
      )
  }

  private *inPorts(entry: TomlEntry, table: TomlTable): Generator<Finding> {
    const { key } = entry
    if (key === 'external_port') {
      const has = table.entries.some(other => other.key === 'port')
      yield this.finding(
        'port-level',
        entry.range[0],
        'the public port is called port, not external_port',
        has ? this.editor.remove(entry) : this.editor.renameKey(entry, 'port'),
      )
    } else if (serviceKeys.has(key)) {
      const value = this.restingValue(entry)
      const service = this.serviceOf(table)
      const edits = service
        ? this.editor.move(entry, service, value)
        : this.newService(entry, table, value.value)
      yield this.finding(
        'port-level',
        entry.range[0],
        `${key} belongs to the service, not to its ports`,
        edits,
      )
      if (key === 'protocol') yield* this.protocol(entry, table, edits)
    }
  }

  private *inService(entry: TomlEntry, table: TomlTable): Generator<Finding> {
    const { key } = entry
    const http = table.path[0] === 'http_service'
    const other = Object.hasOwn(invented, key) ? invented[key] : undefined
    if (other) {
      const has = table.entries.some(({ key: known }) => known === other)
      yield this.finding(
        'invented-key',
        entry.range[0],
        `the key is called ${other}, not ${key}`,
        has ? this.editor.remove(entry) : this.editor.renameKey(entry, other),
      )
    } else if (key === 'protocol' && !http) {
      yield* this.protocol(entry, table, [])
    } else if (restingKeys.has(key)) {
      const { value } = this.restingValue(entry)
      const text = this.editor.valueText(entry)
      if (value !== undefined && value !== text && /^["']/.test(text))
        yield this.finding(
          'value',
          entry.range[0],
          `${key} is ${value}, without quotes`,
          this.editor.setValue(entry, value),
        )
    }
  }

  private *elsewhere(entry: TomlEntry, section: string): Generator<Finding> {
    const { key, path } = entry
    if (section === 'autoscaling' || section.startsWith('build')) return
    const inEnv = path[0] === 'env'
    const where = section === '' ? 'the top of the file' : `[${section}]`
    if (restingKeys.has(key) || (inEnv && (key === 'internal_port' || key === 'force_https'))) {
      const says = inEnv ? 'would only be a variable' : 'does nothing'
      yield this.finding(
        'misplaced-key',
        entry.range[0],
        `${key} in ${where} ${says}: it belongs to ${this.services.length > 0 ? 'the service' : '[http_service] or [[services]]'}`,
        this.intoServices(entry),
        this.services.length > 0 ? undefined : 'Without a service, Fly neither starts nor stops the machine.',
      )
    } else if (inEnv && rootKeys.has(key)) {
      const root = this.document.tables[0]!
      const shown = this.editor.move(entry, root)
      yield this.finding(
        'misplaced-key',
        entry.range[0],
        `${key} in [env] would only be a variable: it belongs to the top of the file`,
        shown,
      )
    }
  }

  private *retired(entry: TomlEntry, section: string): Generator<Finding> {
    for (const [where, key, why] of retired)
      if (entry.key === key && where.test(section))
        yield this.finding('retired-key', entry.range[0], `${key} is gone: ${why}`, this.editor.remove(entry))
  }

  /** protocol = "http": TCP, and the handler goes to ports that have none. */
  private *protocol(entry: TomlEntry, table: TomlTable, moving: readonly Edit[]): Generator<Finding> {
    const value = this.editor.valueText(entry).replace(/["']/g, '')
    if (value !== 'http' && value !== 'https') return
    const edits: Edit[] = moving.length > 0 ? [] : this.editor.setValue(entry, '"tcp"')
    const ports = isPorts(table.path) ? [table] : (this.ports.get(table) ?? [])
    for (const port of ports)
      if (!port.entries.some(({ key }) => key === 'handlers'))
        edits.push(
          ...this.editor.insertFirst(port, `handlers = ["${value === 'https' ? 'tls", "http' : 'http'}"]`),
        )
    yield this.finding(
      'service-protocol',
      entry.range[0],
      `protocol is tcp or udp; "${value}" is a handler of the port`,
      edits,
    )
  }

  private intoServices(entry: TomlEntry): Edit[] {
    const value = this.restingValue(entry)
    const targets =
      entry.key === 'force_https'
        ? this.services.filter(({ path }) => path[0] === 'http_service')
        : this.services
    const [first, ...others] = targets
    if (!first) return []
    if (this.placed.has(entry.key)) return this.editor.remove(entry)
    const edits = this.editor.move(entry, first, value)
    if (edits.length === 0) return []
    this.placed.add(entry.key)
    for (const service of others)
      if (!service.entries.some(({ key }) => key === entry.key))
        edits.push(
          ...this.editor.insert(service, `${entry.key} = ${value.value ?? this.editor.valueText(entry)}`),
        )
    return edits
  }

  /** A value as the service has it: true → "stop", false → "off", numbers and booleans without quotes. */
  private restingValue(entry: TomlEntry): { value?: string } {
    const text = this.editor.valueText(entry)
    const plain = text.replace(/^(["'])(.*)\1$/, '$2')
    if (entry.key === 'auto_stop_machines') {
      if (plain === 'true') return { value: '"stop"' }
      if (plain === 'false') return { value: '"off"' }
      return { value: /^["']/.test(text) ? text : `"${plain}"` }
    }
    if (entry.key === 'protocol') return { value: /^https?$/.test(plain) ? '"tcp"' : text }
    if (restingKeys.has(entry.key) || entry.key === 'internal_port' || entry.key === 'force_https')
      return { value: plain }
    return {}
  }

  /** The service that ports stand in, when it has a table of its own. */
  private serviceOf(ports: TomlTable): TomlTable | undefined {
    const path = ports.path.slice(0, ports.path.lastIndexOf('ports'))
    return this.editor.tableAt(path)
  }

  private newService(entry: TomlEntry, ports: TomlTable, value: string | undefined): Edit[] {
    const removal = this.editor.remove(entry)
    if (removal.length === 0 || ports.path[0] !== 'services') return []
    const line = `${entry.key} = ${value ?? this.editor.valueText(entry)}`
    const first = this.editor.tables(path => isPorts(path) && path[0] === 'services')[0]
    return first ? [...removal, ...this.editor.insertHeaderBefore(first, `[[services]]\n  ${line}`)] : []
  }

  private finding(
    rule: RuleName,
    offset: number,
    message: string,
    edits: readonly Edit[],
    hint?: string,
  ): Finding {
    return { rule, offset, message, edits, ...(hint === undefined ? {} : { hint }) }
  }
}

function isService(path: readonly PropertyKey[]): boolean {
  if (path[0] === 'http_service') return path.length === 1
  return path[0] === 'services' && (path.length === 1 || (path.length === 2 && typeof path[1] === 'number'))
}

function isPorts(path: readonly PropertyKey[]): boolean {
  const last = typeof path.at(-1) === 'number' ? path.at(-2) : path.at(-1)
  return last === 'ports' && (path[0] === 'services' || path[0] === 'http_service')
}

/** `services.ports` of `[[services.ports]]`: the names without numbers. */
function sectionOf(table: TomlTable): string {
  return table.path.filter(part => typeof part === 'string').join('.')
}
