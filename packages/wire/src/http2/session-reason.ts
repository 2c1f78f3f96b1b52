/** Why a session ended with an error: stable codes of log, metrics and docs, with what they mean. */
export const sessionReasons = {
  bad_preface: 'The connection does not begin with the preface of HTTP/2 and SETTINGS.',
  bad_frame: 'A frame that its stream, its size or its place does not allow.',
  bad_settings: 'A setting has a value that it can not have.',
  bad_compression: 'A field block can not be decompressed.',
  flow_control: 'More was sent than the window allows, or a window was opened beyond its maximum.',
  reset_flood: 'Too many streams were reset soon after they began, or for errors of the client.',
  control_flood: 'Too many frames that carry no request or body.',
  header_flood: 'A field block went on for too long.',
  block_timeout: 'A field block, a frame or the first SETTINGS did not end in time.',
  output_flood: 'The peer asks for answers and does not read them.',
} as const;
export type SessionReason = keyof typeof sessionReasons;
