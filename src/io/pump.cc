#include "tonearm/io/byte_stream.h"

namespace tonearm::io {

Task<Result<void>> pump(ByteReader& from, ByteWriter& to) {
  for (;;) {
    Result<Chunk> chunk = co_await from.read();
    if (!chunk) co_return chunk.error();
    if (chunk->empty()) co_return Result<void>{};
    Result<void> taken = co_await to.write(*chunk);
    if (!taken) co_return taken;
  }
}

}  // namespace tonearm::io
