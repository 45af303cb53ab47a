import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One kind of work, as a request and as the statement that does the same. */
export interface Work {
  readonly name: string
  /** Lua: where the request goes. */
  readonly path: string
  readonly body?: string
  /** For pg alone. */
  readonly statement: () => { text: string; values: unknown[] }
}

const anyId = () => 1 + Math.floor(Math.random() * 1000)
const thousand = JSON.stringify(Array.from({ length: 1000 }, (_, a) => ({ a, b: `row ${a}` })))
const insertion = (json: string) => ({
  text: 'insert into sink select * from json_to_recordset($1::json) as _(a int, b text)',
  values: [json],
})

export const singleRow: Work = {
  name: 'single row',
  path: '"/clients?id=eq." .. math.random(1000)',
  statement: () => ({
    text: 'select json_agg(c) from (select * from clients where id = $1) c',
    values: [anyId()],
  }),
}

export const works: readonly Work[] = [
  singleRow,
  {
    name: '100 rows',
    path: '"/clients?limit=100&order=id"',
    statement: () => ({
      text: 'select json_agg(c) from (select * from clients order by id limit 100) c',
      values: [],
    }),
  },
  {
    name: 'embed of 3 tables',
    path: '"/clients?id=eq." .. math.random(1000) .. "&select=name,projects(name,tasks(name))"',
    statement: () => ({
      text: `select json_agg(c) from (select name, (select json_agg(p) from (select name, (select json_agg(t) from
        (select name from tasks where project_id = p.id) t) as tasks from projects p where client_id = c.id) p) as projects from clients c where id = $1) c`,
      values: [anyId()],
    }),
  },
  {
    name: 'rpc',
    path: '"/rpc/twice?n=21"',
    statement: () => ({ text: 'select twice($1::int)', values: [21] }),
  },
  {
    name: 'insert of one',
    path: '"/sink"',
    body: '{"a":1,"b":"x"}',
    statement: () => insertion('[{"a":1,"b":"x"}]'),
  },
  { name: 'insert of 1,000', path: '"/sink"', body: thousand, statement: () => insertion(thousand) },
]

/** Tables, rows and a function for all of it, in the schema that the search path begins with. */
export const worksSql = `
  create table clients (id int primary key, name text);
  create table projects (id int primary key, name text, client_id int references clients);
  create table tasks (id int primary key, name text, project_id int references projects);
  create index on projects (client_id); create index on tasks (project_id);
  create table sink (a int, b text);
  insert into clients select n, 'client ' || n from generate_series(1, 1000) n;
  insert into projects select n, 'project ' || n, 1 + n % 1000 from generate_series(1, 5000) n;
  insert into tasks select n, 'task ' || n, 1 + n % 5000 from generate_series(1, 20000) n;
  create function twice(n int) returns int language sql immutable as 'select n * 2';
  grant select on clients, projects, tasks to anon; grant insert, select on sink to anon; analyze;`

/** A script for wrk that sends the requests of that work; `prefix` stands before each path. */
export function scriptOf({ path, body, name }: Work, folder: string, prefix = ''): string {
  const file = join(folder, `${name.replace(/\W+/g, '-')}${prefix.replace(/\W+/g, '-')}.lua`)
  const sent =
    body === undefined
      ? `wrk.format("GET", "${prefix}" .. ${path})`
      : `wrk.format("POST", "${prefix}" .. ${path}, { ["content-type"] = "application/json" }, [=[${body}]=])`
  writeFileSync(file, `math.randomseed(os.time())\nrequest = function() return ${sent} end\n`)
  return file
}
