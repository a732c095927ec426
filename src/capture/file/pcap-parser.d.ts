// What this project uses of the package pcap-parser, which comes without types.
declare module 'pcap-parser' {
  export interface Packet {
    readonly header: {
      readonly timestampSeconds: number;
      readonly timestampMicroseconds: number;
      readonly capturedLength: number;
      readonly originalLength: number;
    };
    readonly data: Buffer;
  }

  export interface GlobalHeader {
    readonly snapshotLength: number;
    readonly linkLayerType: number;
  }

  export interface Parser {
    /** What was not parsed yet. */
    buffer: Buffer | null;
    on(event: 'globalHeader', listener: (header: GlobalHeader) => void): this;
    on(event: 'packet', listener: (packet: Packet) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export interface Input {
    on(event: string, listener: (data: Buffer) => void): unknown;
    pause(): unknown;
    resume(): unknown;
  }

  const pcap: { parse(input: Input): Parser };
  export default pcap;
}
