#include "server/request_reader.h"

#include "tonearm/http/request_head.h"
#include "tonearm/http/token.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tonearm::server {
namespace {

/// The end of a head whose lines end with LF alone. It is refused, but now, and not when the client
/// has run out of time.
std::optional<std::size_t> find_bare_end(std::string_view received) {
  for (const std::string_view end : {"\n\n", "\n\r\n"}) {
    const auto found = received.find(end);
    if (found != std::string_view::npos) return found + end.size();
  }
  return std::nullopt;
}

}  // namespace

RequestReader::Received RequestReader::receive_some(std::size_t most, std::size_t* count) {
  *count = 0;
  for (;;) {
    const ssize_t got = ::recv(socket_.native_handle(), scratch_.data(),
                               std::min(most, scratch_.size()), MSG_DONTWAIT);
    if (got > 0) {
      *count = static_cast<std::size_t>(got);
      return Received::some;
    }
    if (got == 0) return Received::end;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? Received::nothing : Received::end;
  }
}

RequestReader::Received RequestReader::receive() {
  std::size_t count = 0;
  const Received received = receive_some(scratch_.size(), &count);
  const std::string_view bytes(scratch_.data(), count);
  buffer_.append(bytes);
  // A head ends with a line: without one there is no need to look at all of it again.
  if (bytes.find('\n') != std::string_view::npos) looked_ = false;
  return received;
}

std::optional<std::string_view> RequestReader::head() {
  if (head_end_ == 0) {
    if (looked_) return std::nullopt;
    looked_ = true;
    buffer_.erase(0, http::find_head_start(buffer_));
    auto end = http::find_head_end(buffer_);
    if (!end) end = find_bare_end(buffer_);
    if (!end) return std::nullopt;
    head_end_ = *end;
  }
  return std::string_view(buffer_).substr(0, head_end_);
}

std::optional<Error> RequestReader::refusal() const {
  if (head_end_ != 0 || buffer_.empty()) return std::nullopt;
  // A lone CR may be half of an empty line (RFC 9112 §2.2).
  if (!http::is_token(std::string_view(buffer_).substr(0, 1)) && buffer_ != "\r") {
    return Error{
        ErrorKind::bad_request, "a request begins with a method; TLS is not spoken here", {}};
  }
  if (buffer_.size() <= http::max_head_bytes) return std::nullopt;
  const std::string_view line = std::string_view(buffer_).substr(0, buffer_.find('\n'));
  const std::string_view behind_method = line.substr(std::min(line.find(' '), line.size()));
  const std::size_t target = std::min(behind_method.find(' ', 1), behind_method.size());
  if (target > http::max_target_bytes + 1) return Error{ErrorKind::target_too_long, {}, {}};
  return Error{ErrorKind::header_section_too_large, {}, {}};
}

void RequestReader::consume_head() {
  buffer_.erase(0, head_end_);
  head_end_ = 0;
  looked_ = buffer_.empty();
}

void RequestReader::release_memory() {
  if (buffer_.empty()) std::string().swap(buffer_);
}

std::uint64_t RequestReader::discard_received(std::uint64_t count) {
  const auto dropped = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer_.size()));
  buffer_.erase(0, dropped);
  return dropped;
}

RequestReader::Received RequestReader::discard_waiting(std::uint64_t most, std::uint64_t* dropped) {
  std::size_t count = 0;
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(most, scratch_.size()));
  const Received received = receive_some(limit, &count);
  *dropped = count;
  return received;
}

}  // namespace tonearm::server
