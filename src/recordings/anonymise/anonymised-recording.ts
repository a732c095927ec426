// A recording whose observations can be passed on, for those who write it in another form. It has no payloads.
import type { RecordedFile } from '../recorded-file.js';
import { RecordedFileError } from '../recorded-file-error.js';
import { Anonymiser } from './anonymiser.js';
import type { Pseudonyms } from './pseudonyms.js';

export function anonymisedRecording(recorded: RecordedFile, pseudonyms: Pseudonyms): RecordedFile {
  return {
    kind: recorded.kind,
    name: recorded.name,
    size: recorded.size,
    get endsEarly() {
      return recorded.endsEarly;
    },
    async *observations(reading) {
      const anonymiser = new Anonymiser(pseudonyms);
      for await (const batch of recorded.observations(reading)) {
        yield batch.map((observation) => anonymiser.anonymised(observation));
      }
    },
    payload: () => {
      throw new RecordedFileError('payload', 'payloads are left out of what is anonymised');
    },
    close: () => recorded.close(),
  };
}
