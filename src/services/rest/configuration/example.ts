/** A configuration file with every setting: what holds without it, and what it is for. Those that begin with `#` hold nothing by default. */
export const exampleFile = `# Where the database is: an address, "host=... dbname=...", or "@file" that has it.
# What it leaves out is read from PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE.
db-uri = "postgresql://"

# The role of requests without a token. Without it, every request needs one.
# db-anon-role = "anon"

# Schemas that are served; the first is that of requests which name none.
db-schemas = "public"
# Schemas that are searched besides, and not served.
db-extra-search-path = "public"

# Most rows of one answer.
# db-max-rows = 1000
# Whether sums, counts and the like may be selected.
db-aggregates-enabled = false
# Whether plans may be asked for.
db-plan-enabled = false

# Most connections, and the seconds that a request waits for one.
db-pool = 10
db-pool-acquisition-timeout = 10

# How transactions end: commit, commit-allow-override, rollback, rollback-allow-override.
db-tx-end = "commit"
# Settings of functions that hold for the whole transaction.
db-hoisted-tx-settings = "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation"

# A function that is called before every request.
# db-pre-request = "api.check"
# A function that answers at the root.
# db-root-spec = "root"

# Whether settings in the database count, and a function that makes them.
db-config = true
# db-pre-config = "postgrest.pre_config"

# Where the database tells that schema or settings have changed.
db-channel = "pgrst"
db-channel-enabled = true

# A secret of 32 characters or more, a JWK, a JWKS, or "@file" that has it.
# jwt-secret = "a-secret-that-nobody-else-knows-of"
jwt-secret-is-base64 = false
# jwt-aud = "who the token must be for"
jwt-role-claim-key = ".role"

# What is told of requests: crit, error, warn (refusals too), info (all), debug.
log-level = "error"

# The description of the API: follow-privileges, ignore-privileges, disabled.
openapi-mode = "follow-privileges"
openapi-security-active = false
# openapi-server-proxy-uri = "https://example.com/api"

# Pages that browsers may call from; without it, all.
# server-cors-allowed-origins = "https://example.com"
# !4: all addresses of IPv4, *: of IPv6 too.
server-host = "!4"
server-port = 3000
# Instead of the port.
# server-unix-socket = "/run/rest.sock"
server-unix-socket-mode = "660"
# A header that is sent back.
# server-trace-header = "X-Request-Id"
server-timing-enabled = false

# Whether the service lives and could answer, its figures and, if allowed, these settings.
# admin-server-port = 3001
admin-server-config-enabled = false

# Functions read it with current_setting('app.settings.name'). $(NAME) stands for a variable.
# app.settings.name = "$(NAME)"
`
