import { inputRequired, type ServerContext } from '@modelcontextprotocol/server'
import { codec, type FormSchema, form, image, json, pause, said, text, wav } from './content.ts'

interface EverythingTool {
  readonly input?: Record<string, { type: string }>
  run(context: ServerContext, input: Record<string, string>): unknown
}
const nameForm: FormSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const askName = () => inputRequired.elicit({ message: 'What is your name?', requestedSchema: nameForm })
const askGreeting = (words: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: words } }],
    maxTokens,
  })
const answerOf = (context: ServerContext) =>
  context.mcpReq.inputResponses?.['answer'] as { action?: string; content?: unknown } | undefined

/** Asks with a form, then says what came. */
function asksForm(
  before: string,
  between: string,
  message: (input: Record<string, string>) => string,
  requestedSchema: FormSchema,
): EverythingTool['run'] {
  return (context, input) => {
    const answer = answerOf(context)
    return answer
      ? said(`${before}${answer.action}${between}${JSON.stringify(answer.content ?? {})}`)
      : inputRequired({
          inputRequests: { answer: inputRequired.elicit({ message: message(input), requestedSchema }) },
        })
  }
}
const three = ['1', '2', '3'] as const
const titled = (word: string) =>
  three.map((n, at) => ({ const: `value${n}`, title: `${['First', 'Second', 'Third'][at]} ${word}` }))
const options = three.map(n => `option${n}`)

export const tools: Record<string, EverythingTool> = {
  test_sampling: {
    input: { prompt: { type: 'string' } },
    run(context, input) {
      const answer = answerOf(context) as { content?: { text?: string } } | undefined
      return answer
        ? said(`LLM response: ${answer.content?.text ?? ''}`)
        : inputRequired({ inputRequests: { answer: askGreeting(input['prompt'] ?? '', 100) } })
    },
  },
  test_elicitation: {
    input: { message: { type: 'string' } },
    run: asksForm('User response: action: ', ', content: ', input => input['message'] ?? '', {
      type: 'object',
      properties: {
        username: { type: 'string', description: "User's response" },
        email: { type: 'string', description: "User's email address" },
      },
      required: ['username', 'email'],
    }),
  },
  test_elicitation_sep1034_defaults: {
    run: asksForm('Elicitation completed: action=', ', content=', () => 'Please confirm these', {
      type: 'object',
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
    }),
  },
  test_elicitation_sep1330_enums: {
    run: asksForm('Elicitation completed: action=', ', content=', () => 'Please choose', {
      type: 'object',
      properties: {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled('Option') },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
      },
    }),
  },
  test_simple_text: { run: () => said('This is a simple text response for testing.') },
  test_image_content: { run: () => ({ content: [image] }) },
  test_audio_content: { run: () => ({ content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] }) },
  test_embedded_resource: {
    run: () => ({
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.',
          },
        },
      ],
    }),
  },
  test_multiple_content_types: {
    run: () => ({
      content: [
        text('Multiple content types test:'),
        image,
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: json,
            text: JSON.stringify({ test: 'data', value: 123 }),
          },
        },
      ],
    }),
  },
  test_error_handling: {
    run: () => ({ isError: true, ...said('This tool intentionally returns an error for testing') }),
  },
  test_tool_with_logging: { run: logs },
  test_logging_tool: { run: logs },
  test_tool_with_progress: {
    async run(context) {
      const progressToken = context.mcpReq._meta?.progressToken
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await pause()
        if (progressToken !== undefined)
          await context.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100 },
          })
      }
      return said('Reported its progress.')
    },
  },
  test_missing_capability: {
    run: () => inputRequired({ inputRequests: { answer: askGreeting('Say anything', 10) } }),
  },
  test_streaming_elicitation: {
    run: () => inputRequired({ inputRequests: { user_name: askName() } }),
  },
  test_input_required_result_capabilities: {
    run(context) {
      const envelope = (context.mcpReq.envelope ?? {}) as Record<string, object>
      const declared = envelope['io.modelcontextprotocol/clientCapabilities'] ?? {}
      return inputRequired({
        inputRequests: {
          ...('elicitation' in declared ? { user_name: askName() } : {}),
          ...('sampling' in declared ? { greeting: askGreeting('Generate a greeting', 50) } : {}),
          ...('roots' in declared ? { client_roots: inputRequired.listRoots() } : {}),
        },
      })
    },
  },
  test_input_required_result_elicitation: {
    run(context) {
      const name = form(context, 'user_name')?.['name']
      return typeof name === 'string'
        ? said(`Hello, ${name}!`)
        : inputRequired({ inputRequests: { user_name: askName() } })
    },
  },
  test_input_required_result_sampling: {
    run(context) {
      const answer = context.mcpReq.inputResponses?.['capital_question'] as
        | { content?: { text?: string } }
        | undefined
      return answer
        ? said(answer.content?.text ?? '')
        : inputRequired({
            inputRequests: { capital_question: askGreeting('What is the capital of France?', 100) },
          })
    },
  },
  test_input_required_result_list_roots: {
    run(context) {
      const answer = context.mcpReq.inputResponses?.['client_roots'] as { roots?: unknown[] } | undefined
      return answer
        ? said(`Roots: ${JSON.stringify(answer.roots)}`)
        : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
    },
  },
  test_input_required_result_request_state: {
    run: context => confirmed(context, 'state-ok'),
  },
  test_input_required_result_tampered_state: {
    run: context => confirmed(context, 'state-ok'),
  },
  test_input_required_result_multiple_inputs: {
    async run(context) {
      const answers = context.mcpReq.inputResponses ?? {}
      if (['user_name', 'greeting', 'client_roots'].every(key => key in answers))
        return said('All three came.')
      return inputRequired({
        inputRequests: {
          user_name: askName(),
          greeting: askGreeting('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await codec.mint({ round: 1 }),
      })
    },
  },
  test_input_required_result_multi_round: {
    async run(context) {
      const round = context.mcpReq.requestState<{ round: number }>()?.round ?? 0
      if (round === 2 && form(context, 'step2')) return said('Both steps are done.')
      if (round === 1 && form(context, 'step1'))
        return inputRequired({
          inputRequests: {
            step2: inputRequired.elicit({
              message: 'Step 2: What is your favorite color?',
              requestedSchema: {
                type: 'object',
                properties: { color: { type: 'string' } },
                required: ['color'],
              },
            }),
          },
          requestState: await codec.mint({ round: 2 }),
        })
      return inputRequired({
        inputRequests: {
          step1: inputRequired.elicit({ message: 'Step 1: What is your name?', requestedSchema: nameForm }),
        },
        requestState: await codec.mint({ round: 1 }),
      })
    },
  },
}

async function logs(context: ServerContext) {
  await context.mcpReq.log('info', 'Tool execution started')
  await pause()
  await context.mcpReq.log('info', 'Tool processing data')
  await pause()
  await context.mcpReq.log('info', 'Tool execution completed')
  return said('Logged three times.')
}

async function confirmed(context: ServerContext, words: string) {
  if (context.mcpReq.requestState() !== undefined && form(context, 'confirm')) return said(words)
  return inputRequired({
    inputRequests: {
      confirm: inputRequired.elicit({
        message: 'Please confirm',
        requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
      }),
    },
    requestState: await codec.mint({ round: 1 }),
  })
}
