-- Leases: who may log in to a silo's database until when. The verifier in it is sealed.
create table silo_leases (id text primary key, silo text not null, data text not null, sealed blob not null) without rowid;
create index silo_leases_silo on silo_leases (silo);
-- Destroyed silos that can still be brought back: their record, and their secrets, sealed.
create table silo_graves (key text primary key, destroyed_at integer not null, data text not null, sealed blob not null) without rowid;
