#include "source/http_reader.h"

#include <algorithm>

namespace tonearm::source {

io::Task<Result<io::Chunk>> HttpResource::Reader::read() {
  while (!end_ || position_ < *end_) {
    Result<void> opened = co_await resource_.open_body(position_, end_, budget_);
    if (!opened) co_return opened.error();
    Result<std::span<const std::byte>> bytes = co_await read_body();
    if (!bytes) {
      Result<void> recovered = co_await recover(bytes.error());
      if (!recovered) co_return recovered.error();
      continue;
    }
    if (!bytes->empty()) {
      budget_.progress();
      position_ += bytes->size();
      resource_.client_.set_delivered();
      co_return io::Chunk(*bytes);
    }
    // Only what can be resumed is given up.
    const bool given_up = resource_.body_->transfer->released();
    if (!end_ && !given_up) break;  // the end of a body that has no declared one
    resource_.close_body();
  }
  co_return io::Chunk();
}

/// The next bytes from `position_` on; empty where this body ends as it said it would, or was given
/// up.
io::Task<Result<std::span<const std::byte>>> HttpResource::Reader::read_body() {
  Body& body = *resource_.body_;
  for (;;) {
    const std::uint64_t at = body.position();
    Result<std::span<const std::byte>> bytes =
        co_await body.transfer->read(resource_.first_byte_deadline());
    if (!bytes) co_return bytes;
    if (bytes->empty()) {
      const bool ends_as_declared = body.end ? at == *body.end : !end_ && at == position_;
      if (ends_as_declared || body.transfer->released()) co_return bytes;
      co_return Error{ErrorKind::http_response_incomplete, "the origin's body is too short", {}};
    }
    if (body.end && bytes->size() > *body.end - at) {
      co_return Error{ErrorKind::http_protocol_error, "the origin's body is too long", {}};
    }
    resource_.flows_ = true;
    // An origin that ignores Range, or rounds it, sends bytes before the ones that are wanted.
    const std::uint64_t skip = std::min<std::uint64_t>(position_ - at, bytes->size());
    std::span<const std::byte> wanted = bytes->subspan(static_cast<std::size_t>(skip));
    if (wanted.empty()) continue;
    if (end_) {
      const std::uint64_t left = std::min<std::uint64_t>(*end_ - position_, wanted.size());
      // What follows may be the next reader's.
      body.transfer->unread(wanted.size() - static_cast<std::size_t>(left));
      wanted = wanted.first(static_cast<std::size_t>(left));
    }
    co_return wanted;
  }
}

/// A transfer broke: the next one goes on at `position_`, if what comes can be proven the same.
io::Task<Result<void>> HttpResource::Reader::recover(Error error) {
  resource_.body_.reset();  // cut off, not drained
  const bool nothing_to_splice = !resource_.client_.delivered();
  if (!resource_.can_resume() && !nothing_to_splice) co_return error;
  Result<void> again = co_await resource_.client_.wait_before_retry(
      std::move(error), budget_, resource_.first_byte_deadline());
  if (again) resource_.client_.count_resume();
  co_return again;
}

}  // namespace tonearm::source
