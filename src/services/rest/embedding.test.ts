import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RestTest, startRest } from './testing/rest.ts'

let rest: RestTest
const get = async (path: string) => (await rest.first.ask(path)).json()

beforeAll(async () => {
  rest = await startRest(
    `
    create table clients (id int primary key, name text not null);
    create table projects (id int primary key, name text, client_id int references clients, budget numeric, "odd name, yes" text default 'x');
    create table users (id int primary key, name text);
    create table memberships (user_id int references users, project_id int references projects, role text, primary key (user_id, project_id));
    create table profiles (user_id int primary key references users, bio text);
    create table staff (id int primary key, name text, boss int references staff);
    create table addresses (id int primary key, street text);
    create table orders (id int primary key, billing_id int constraint billing references addresses, shipping_id int constraint shipping references addresses);
    create view named_projects as select id as project, name as title, client_id as client, upper(name) as loud from projects;
    create view deep_projects as select p.project as id, p.client as cid from (select project, client from named_projects where true) p;
    create view rich_clients as select c.*, (select count(*) from projects p where p.client_id = c.id) as projects_count from clients c;
    create function loud_name(projects) returns text language sql stable as $$ select upper($1.name) $$;
    create function biggest(clients) returns setof projects rows 1 language sql stable as
      $$ select * from projects where client_id = $1.id order by budget desc limit 1 $$;
    create function all_projects(clients) returns setof projects language sql stable as $$ select * from projects where client_id = $1.id $$;
    insert into clients values (1, 'Acme'), (2, 'Beta'), (3, 'Void');
    insert into projects (id, name, client_id, budget) values (1, 'Rocket', 1, 100), (2, 'Trap', 1, 50.5), (3, 'Boat', 2, 10), (4, 'Free', null, 1);
    insert into users values (1, 'Ann'), (2, 'Ben');
    insert into memberships values (1, 1, 'lead'), (1, 2, 'dev'), (2, 1, 'dev');
    insert into profiles values (1, 'hello');
    insert into staff values (1, 'Top', null), (2, 'Mid', 1), (3, 'Low', 2);
    insert into addresses values (1, 'A'), (2, 'B');
    insert into orders values (1, 1, 2);`,
    { PGRST_DB_AGGREGATES_ENABLED: 'true' },
  )
})
afterAll(() => rest.stop())

describe('what is embedded', () => {
  it.each([
    [
      'the one by its table',
      '/projects?select=name,clients(name)&id=eq.1',
      [{ name: 'Rocket', clients: { name: 'Acme' } }],
    ],
    ['the one by its column', '/projects?select=client_id(name)&id=eq.1', [{ client_id: { name: 'Acme' } }]],
    [
      'nothing where there is none',
      '/projects?select=name,clients(name)&id=eq.4',
      [{ name: 'Free', clients: null }],
    ],
    [
      'the many',
      '/clients?select=name,projects(id)&order=id&projects.order=id.desc',
      [
        { name: 'Acme', projects: [{ id: 2 }, { id: 1 }] },
        { name: 'Beta', projects: [{ id: 3 }] },
        { name: 'Void', projects: [] },
      ],
    ],
    [
      'through a junction',
      '/users?select=name,projects(name)&order=id&projects.order=id',
      [
        { name: 'Ann', projects: [{ name: 'Rocket' }, { name: 'Trap' }] },
        { name: 'Ben', projects: [{ name: 'Rocket' }] },
      ],
    ],
    [
      'one to one',
      '/users?select=name,profiles(bio)&order=id',
      [
        { name: 'Ann', profiles: { bio: 'hello' } },
        { name: 'Ben', profiles: null },
      ],
    ],
    [
      'deeper and deeper',
      '/clients?select=name,projects(name,memberships(role,users(name)))&id=eq.2',
      [{ name: 'Beta', projects: [{ name: 'Boat', memberships: [] }] }],
    ],
    [
      'the own table: the many by its name',
      '/staff?select=name,below:staff(name)&id=eq.1',
      [{ name: 'Top', below: [{ name: 'Mid' }] }],
    ],
    [
      'the own table: the one by its column',
      '/staff?select=name,boss(name)&id=eq.2',
      [{ name: 'Mid', boss: { name: 'Top' } }],
    ],
    [
      'the one of two by a hint',
      '/orders?select=billing:addresses!billing(street),to:addresses!shipping_id(street)',
      [{ billing: { street: 'A' }, to: { street: 'B' } }],
    ],
    [
      'a view by the key of its table',
      '/named_projects?select=title,loud,clients(name)&project=eq.1',
      [{ title: 'Rocket', loud: 'ROCKET', clients: { name: 'Acme' } }],
    ],
    [
      'a view of a view',
      '/clients?select=name,deep_projects(id)&id=eq.2',
      [{ name: 'Beta', deep_projects: [{ id: 3 }] }],
    ],
    [
      'a view from a view',
      '/rich_clients?select=projects_count,named_projects(title)&id=eq.2',
      [{ projects_count: 1, named_projects: [{ title: 'Boat' }] }],
    ],
    [
      'what a function gives, one',
      '/clients?select=name,biggest(name)&id=lt.4&order=id',
      [
        { name: 'Acme', biggest: { name: 'Rocket' } },
        { name: 'Beta', biggest: { name: 'Boat' } },
        { name: 'Void', biggest: null },
      ],
    ],
    [
      'what a function gives, many',
      '/clients?select=all_projects(id,clients(name))&id=eq.2',
      [{ all_projects: [{ id: 3, clients: { name: 'Beta' } }] }],
    ],
    [
      'a computed column',
      '/projects?select=loud_name,x:loud_name&loud_name=eq.BOAT',
      [{ loud_name: 'BOAT', x: 'BOAT' }],
    ],
    ['spread', '/projects?select=id,...clients(client:name)&id=eq.3', [{ id: 3, client: 'Beta' }]],
    ['an odd name', '/projects?select="odd name, yes"&id=eq.1', [{ 'odd name, yes': 'x' }]],
  ])('%s', async (_what, path, expected) => {
    expect(await get(path)).toEqual(expected)
  })
})

describe('what is embedded can', () => {
  it.each([
    [
      'be filtered',
      '/clients?select=id,projects(id)&projects.budget=gt.20&order=id',
      [
        { id: 1, projects: [{ id: 1 }, { id: 2 }] },
        { id: 2, projects: [] },
        { id: 3, projects: [] },
      ],
    ],
    [
      'be demanded',
      '/clients?select=id,projects!inner(id)&projects.budget=gt.60',
      [{ id: 1, projects: [{ id: 1 }] }],
    ],
    ['be asked for by a null filter', '/clients?select=id,projects()&projects=is.null', [{ id: 3 }]],
    [
      'be asked for by a not null filter',
      '/projects?select=id,clients()&clients=not.is.null&order=id',
      [{ id: 1 }, { id: 2 }, { id: 3 }],
    ],
    [
      'stand in a tree',
      '/projects?select=id,clients()&or=(clients.is.null,id.eq.1)&order=id',
      [{ id: 1 }, { id: 4 }],
    ],
    [
      'have trees',
      '/clients?select=id,projects(id)&projects.or=(id.eq.1,id.eq.3)&id=lt.3&order=id',
      [
        { id: 1, projects: [{ id: 1 }] },
        { id: 2, projects: [{ id: 3 }] },
      ],
    ],
    [
      'be limited',
      '/clients?select=projects(id)&id=eq.1&projects.limit=1&projects.offset=1&projects.order=id',
      [{ projects: [{ id: 2 }] }],
    ],
    [
      'order what it is in',
      '/projects?clients=not.is.null&order=clients(name).desc,id&select=id,clients()',
      [{ id: 3 }, { id: 1 }, { id: 2 }],
    ],
    [
      'be filtered by its alias',
      '/clients?select=id,mine:projects(id)&mine.id=eq.2&id=eq.1',
      [{ id: 1, mine: [{ id: 2 }] }],
    ],
    [
      'be filtered deep down',
      '/clients?select=id,projects(id,memberships(user_id))&projects.memberships.role=eq.lead&id=eq.1&projects.order=id',
      [
        {
          id: 1,
          projects: [
            { id: 1, memberships: [{ user_id: 1 }] },
            { id: 2, memberships: [] },
          ],
        },
      ],
    ],
  ])('%s', async (_what, path, expected) => {
    expect(await get(path)).toEqual(expected)
  })
})

describe('aggregates', () => {
  it.each([
    [
      'of all rows',
      '/projects?select=count(),budget.sum(),high:budget.max()',
      [{ count: 4, sum: 161.5, high: 100 }],
    ],
    [
      'in groups',
      '/projects?select=client_id,budget.sum()&order=client_id',
      [
        { client_id: 1, sum: 150.5 },
        { client_id: 2, sum: 10 },
        { client_id: null, sum: 1 },
      ],
    ],
    ['with casts', '/projects?select=budget::int.sum()::text&client_id=eq.1', [{ sum: '151' }]],
    [
      'of what is embedded',
      '/clients?select=name,projects(count())&order=id',
      [
        { name: 'Acme', projects: [{ count: 2 }] },
        { name: 'Beta', projects: [{ count: 1 }] },
        { name: 'Void', projects: [{ count: 0 }] },
      ],
    ],
    [
      'beside what is embedded',
      '/projects?select=count(),clients(name)&client_id=eq.1',
      [{ count: 2, clients: { name: 'Acme' } }],
    ],
    [
      'of what is spread',
      '/memberships?select=role,...projects(budget.sum())&order=role',
      [
        { role: 'dev', sum: 150.5 },
        { role: 'lead', sum: 100 },
      ],
    ],
  ])('%s', async (_what, path, expected) => {
    expect(await get(path)).toEqual(expected)
  })

  it('are refused unless they are allowed', async () => {
    const strict = await rest.serve({ PGRST_DB_AGGREGATES_ENABLED: 'false' })
    expect((await strict.ask('/projects?select=count()')).json()).toMatchObject({ code: 'PGRST123' })
  })
})

describe('refusals say what is wrong', () => {
  it.each([
    [
      'no relationship',
      '/clients?select=usrs(id)',
      400,
      {
        code: 'PGRST200',
        message: "Could not find a relationship between 'clients' and 'usrs' in the schema cache",
      },
    ],
    [
      'a name that is nearly right',
      '/clients?select=project(id)',
      400,
      { code: 'PGRST200', hint: "Perhaps you meant 'projects' instead of 'project'." },
    ],
    [
      'two relationships',
      '/orders?select=addresses(street)',
      300,
      {
        code: 'PGRST201',
        hint: "Try changing 'addresses' to one of the following: 'addresses!billing', 'addresses!shipping'. Find the desired relationship in the 'details' key.",
        details: [
          {
            cardinality: 'many-to-one',
            embedding: 'orders with addresses',
            relationship: 'billing using orders(billing_id) and addresses(id)',
          },
          {
            cardinality: 'many-to-one',
            embedding: 'orders with addresses',
            relationship: 'shipping using orders(shipping_id) and addresses(id)',
          },
        ],
      },
    ],
    [
      'a filter of what is not embedded',
      '/clients?projects.id=eq.1',
      400,
      { code: 'PGRST108', hint: "Verify that 'projects' is included in the 'select' query parameter." },
    ],
    [
      'a filter that an embed cannot have: it is one of a column',
      '/clients?select=*,projects()&projects=eq.1',
      400,
      { code: '42703', message: 'column clients.projects does not exist' },
    ],
    ['an order by the many', '/clients?select=*,projects(*)&order=projects(id)', 400, { code: 'PGRST118' }],
    ['spreading the many', '/clients?select=*,...projects(*)', 400, { code: 'PGRST119' }],
    [
      'a column',
      '/clients?select=nope',
      400,
      { code: '42703', message: 'column clients.nope does not exist' },
    ],
  ])('%s', async (_what, path, status, expected) => {
    const reply = await rest.first.ask(path)
    expect(reply.json()).toMatchObject(expected)
    expect(reply.status).toBe(status)
  })
})
