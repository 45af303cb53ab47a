import { type InputRequiredResult, inputRequired, type ServerContext } from '@modelcontextprotocol/server'
import { form, image, png, text } from './content.ts'

export const resources: Record<string, { mimeType: string; text?: string; blob?: string }> = {
  'test://static-text': {
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  },
  'test://static-binary': { mimeType: 'image/png', blob: png },
  'test://watched-resource': { mimeType: 'text/plain', text: 'Watched.' },
}

interface EverythingPrompt {
  readonly arguments?: readonly string[]
  get(input: Record<string, string>, context: ServerContext): object | InputRequiredResult
}

const user = (content: object) => ({ role: 'user', content })

export const prompts: Record<string, EverythingPrompt> = {
  test_simple_prompt: { get: () => ({ messages: [user(text('This is a simple prompt for testing.'))] }) },
  test_prompt_with_arguments: {
    arguments: ['arg1', 'arg2'],
    get: ({ arg1, arg2 }) => ({
      messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  },
  test_prompt_with_embedded_resource: {
    arguments: ['resourceUri'],
    get: ({ resourceUri: uri }) => ({
      messages: [
        user({
          type: 'resource',
          resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
        }),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  },
  test_prompt_with_image: {
    get: () => ({ messages: [user(image), user(text('Please analyze the image above.'))] }),
  },
  test_input_required_result_prompt: {
    get: (_input, context) => {
      const given = form(context, 'user_context')
      return given
        ? { messages: [user(text(`Context: ${String(given['context'])}`))] }
        : inputRequired({
            inputRequests: {
              user_context: inputRequired.elicit({
                message: 'What context should the prompt use?',
                requestedSchema: {
                  type: 'object',
                  properties: { context: { type: 'string' } },
                  required: ['context'],
                },
              }),
            },
          })
    },
  },
}
