import type { Case } from '../support.ts'

const gives = (path: string, expected: unknown): Case => ({ path, gives: expected })

export const embedding: readonly Case[] = [
  {
    name: 'what something is said of comes before the others',
    path: '/projects?select=id,clients(id),tasks(id)&tasks.order=id&id=eq.3',
    gives: 'text:[{"id":3,"tasks":[{"id": 4}],"clients":{"id": 2}}]',
  },
  gives('/projects?select=name,clients(name)&id=eq.1', [{ name: 'Rocket', clients: { name: 'Acme' } }]),
  gives('/projects?select=name,client_id(name)&id=eq.1', [{ name: 'Rocket', client_id: { name: 'Acme' } }]),
  gives('/projects?select=projects_client_id_fkey(name)&id=eq.1', [
    { projects_client_id_fkey: { name: 'Acme' } },
  ]),
  gives('/projects?select=c:clients!client_id(name)&id=eq.1', [{ c: { name: 'Acme' } }]),
  gives('/projects?select=c:clients!projects_client_id_fkey(name)&id=eq.1', [{ c: { name: 'Acme' } }]),
  gives('/projects?select=name,clients(name)&id=eq.4', [{ name: 'Free', clients: null }]),
  gives('/clients?select=name,projects(id)&projects.order=id.desc&id=eq.1', [
    { name: 'Acme', projects: [{ id: 2 }, { id: 1 }] },
  ]),
  gives('/clients?select=projects(id)&projects.limit=1&projects.offset=1&projects.order=id&id=eq.1', [
    { projects: [{ id: 2 }] },
  ]),
  gives('/clients?select=id,projects(id)&projects.budget=gt.60&order=id', [
    { id: 1, projects: [{ id: 1 }] },
    { id: 2, projects: [] },
  ]),
  gives('/clients?select=id,projects!inner(id)&projects.budget=gt.60', [{ id: 1, projects: [{ id: 1 }] }]),
  gives('/clients?select=id,projects!left(id)&projects.id=eq.3&order=id', [
    { id: 1, projects: [] },
    { id: 2, projects: [{ id: 3 }] },
  ]),
  gives('/projects?select=id,clients!inner(name)&clients.name=eq.Beta', [
    { id: 3, clients: { name: 'Beta' } },
  ]),
  gives('/clients?select=id,p:projects(id)&p.id=eq.1&id=eq.1', [{ id: 1, p: [{ id: 1 }] }]),
  gives('/clients?select=id,projects(id)&projects.or=(id.eq.1,id.eq.3)&order=id', [
    { id: 1, projects: [{ id: 1 }] },
    { id: 2, projects: [{ id: 3 }] },
  ]),
  gives('/clients?select=id,projects(id)&projects.not.or=(id.eq.1,id.eq.3)&order=id', [
    { id: 1, projects: [{ id: 2 }] },
    { id: 2, projects: [] },
  ]),
  gives('/clients?select=id,projects()&projects=is.null', []),
  gives('/projects?select=id,clients()&clients=is.null', [{ id: 4 }]),
  gives('/projects?select=id,clients()&clients=not.is.null&order=id', [{ id: 1 }, { id: 2 }, { id: 3 }]),
  gives('/projects?select=id,clients()&or=(clients.is.null,id.eq.1)&order=id', [{ id: 1 }, { id: 4 }]),
  gives('/clients?select=id,projects(id,tasks())&id=eq.2', [{ id: 2, projects: [{ id: 3 }] }]),
  gives('/clients?select=id,projects(tasks())&id=eq.2', [{ id: 2 }]),
  gives('/clients?select=name,projects(name,tasks(name))&id=eq.2', [
    { name: 'Beta', projects: [{ name: 'Boat', tasks: [{ name: 'float' }] }] },
  ]),
  gives('/users?select=name,tasks(name)&order=id&tasks.order=id', [
    { name: 'Ann', tasks: [{ name: 'draw' }, { name: 'build' }] },
    { name: 'Ben', tasks: [{ name: 'draw' }] },
    { name: 'Cem', tasks: [] },
  ]),
  gives('/users?select=name,tasks!users_tasks(id)&id=eq.2', [{ name: 'Ben', tasks: [{ id: 1 }] }]),
  gives('/tasks?select=id,users(name)&id=eq.1&users.order=name', [
    { id: 1, users: [{ name: 'Ann' }, { name: 'Ben' }] },
  ]),
  gives('/users?select=id,tasks!inner(id)&tasks.id=eq.2', [{ id: 1, tasks: [{ id: 2 }] }]),
  gives('/users?select=name,badges(label)&order=id&limit=2', [
    { name: 'Ann', badges: { label: 'gold' } },
    { name: 'Ben', badges: null },
  ]),
  gives('/badges?select=label,users(name)', [{ label: 'gold', users: { name: 'Ann' } }]),
  gives('/staff?select=name,below:staff(name)&id=eq.1', [{ name: 'Top', below: [{ name: 'Mid' }] }]),
  gives('/staff?select=name,boss:boss_id(name)&id=eq.2', [{ name: 'Mid', boss: { name: 'Top' } }]),
  gives('/staff?select=name,below:staff!boss_id(name)&id=eq.2', [{ name: 'Mid', below: [{ name: 'Low' }] }]),
  gives('/staff?select=boss_id(boss_id(name))&id=eq.3', [{ boss_id: { boss_id: { name: 'Top' } } }]),
  gives('/trips?select=from:places!trip_from(label),to:places!trip_to(label)', [
    { from: { label: 'here' }, to: { label: 'there' } },
  ]),
  gives('/trips?select=from_id(label)', [{ from_id: { label: 'here' } }]),
  gives('/places?select=label,out:trips!trip_from(id)&id=eq.1', [{ label: 'here', out: [{ id: 1 }] }]),
  gives('/projects_view?select=name,clients(name)&id=eq.1', [{ name: 'Rocket', clients: { name: 'Acme' } }]),
  gives('/clients?select=projects_view(id)&id=eq.2', [{ projects_view: [{ id: 3 }] }]),
  gives('/deep_view?select=loud,clients(name)&pid=eq.1', [{ loud: 'ROCKET', clients: { name: 'Acme' } }]),
  gives('/client_names?select=name,deep_view(pid)&id=eq.2', [{ name: 'Beta', deep_view: [{ pid: 3 }] }]),
  gives('/projects?select=id,client_names(name)&id=eq.1', [{ id: 1, client_names: { name: 'Acme' } }]),
  gives('/projects?select=id,computed_tasks(name)&id=eq.2', [{ id: 2, computed_tasks: [{ name: 'hide' }] }]),
  gives('/projects?select=id,lead(name)&id=lte.2&order=id', [
    { id: 1, lead: { name: 'Ann' } },
    { id: 2, lead: { name: 'Ben' } },
  ]),
  gives('/projects?select=id,lead(name,tasks(id))&id=eq.2', [
    { id: 2, lead: { name: 'Ben', tasks: [{ id: 1 }] } },
  ]),
  gives('/projects?select=id,computed_tasks!inner(id)&computed_tasks.name=eq.hide', [
    { id: 2, computed_tasks: [{ id: 3 }] },
  ]),
  gives('/clients?select=id,projects(id,computed_tasks(id))&id=eq.2', [
    { id: 2, projects: [{ id: 3, computed_tasks: [{ id: 4 }] }] },
  ]),
  gives('/projects?select=id,...clients(client:name)&id=eq.3', [{ id: 3, client: 'Beta' }]),
  gives('/projects?select=id,...clients(*)&id=eq.3', [
    { id: 2, name: 'Beta', meta: { a: { b: [3] }, t: null } },
  ]),
  gives('/tasks?select=id,...projects(...clients(name))&id=eq.4', [{ id: 4, name: 'Beta' }]),
  gives('/projects?select=id,...clients(owner:name,meta->>t)&id=eq.1', [{ id: 1, owner: 'Acme', t: 'x' }]),
  gives('/projects?select=id,clients()&order=clients(name).desc.nullslast,id', [
    { id: 3 },
    { id: 1 },
    { id: 2 },
    { id: 4 },
  ]),
  gives('/clients?select=name,projects(count())&order=id', [
    { name: 'Acme', projects: [{ count: 2 }] },
    { name: 'Beta', projects: [{ count: 1 }] },
  ]),
  gives('/clients?select=id,projects(budget.sum())&order=id', [
    { id: 1, projects: [{ sum: 150.5 }] },
    { id: 2, projects: [{ sum: 10 }] },
  ]),
  gives('/projects?select=count(),clients(name)&client_id=eq.1', [{ count: 2, clients: { name: 'Acme' } }]),
  gives('/tasks?select=done,...projects(budget.sum())&project_id=eq.1&order=done', [
    { done: false, sum: 100 },
    { done: true, sum: 100 },
  ]),
  {
    path: '/clients?select=id,projects(id)',
    headers: { prefer: 'count=exact' },
    answers: { 'content-range': '0-1/2' },
  },
  {
    path: '/clients?select=id,projects!inner(id)&projects.id=eq.3',
    headers: { prefer: 'count=exact' },
    answers: { 'content-range': '0-0/1' },
  },
  {
    path: '/projects?select=id,clients()&clients=is.null',
    headers: { prefer: 'count=exact' },
    answers: { 'content-range': '0-0/1' },
  },
  {
    path: '/projects?select=id,clients()&clients=not.is.null',
    headers: { prefer: 'count=exact' },
    answers: { 'content-range': '0-2/3' },
  },
  {
    path: '/things?select=id',
    headers: { 'accept-profile': 'other' },
    gives: [{ id: 1 }],
    answers: { 'content-profile': 'other' },
  },
]
