#pragma once

#include "source/http_resource.h"

namespace tonearm::source {

/// Reads one range of an HttpResource, window after window, going on where a transfer broke.
class HttpResource::Reader final : public io::ByteReader {
 public:
  Reader(HttpResource& resource, std::uint64_t first, std::optional<std::uint64_t> end)
      : resource_(resource),
        position_(first),
        end_(end),
        budget_(resource.client_.options().retries) {}

  io::Task<Result<io::Chunk>> read() override;

 private:
  io::Task<Result<std::span<const std::byte>>> read_body();
  io::Task<Result<void>> recover(Error error);

  HttpResource& resource_;
  std::uint64_t position_;  ///< Of the next byte to hand out.
  std::optional<std::uint64_t> end_;
  RetryBudget budget_;
};

}  // namespace tonearm::source
