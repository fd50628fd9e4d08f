#include "server/response_writer.h"

#include <boost/asio/redirect_error.hpp>

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace tonearm::server {
namespace {

constexpr std::string_view crlf = "\r\n";
/// What one call of sendfile moves at most, so that progress is seen.
constexpr std::uint64_t file_piece = 1024 * 1024;

Error client_gone(int error_number) {
  return Error{ErrorKind::client_gone, std::generic_category().message(error_number), {}};
}

/// sendfile() does not say which of its two ends has failed: what a TCP or unix connection breaks
/// with, an ICMP message's verdict included, is the client's end, and all else the file's.
Error sendfile_failed(int error_number) {
  switch (error_number) {
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ENOTCONN:
    case ETIMEDOUT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
      return client_gone(error_number);
    default: {
      std::string detail = "reading the file: " + std::generic_category().message(error_number);
      return Error{ErrorKind::destination_unavailable, std::move(detail), {}};
    }
  }
}

Error shrank() {
  return Error{ErrorKind::representation_changed, "the file was truncated while it was sent", {}};
}

Error wrong_length(std::string_view what) {
  return Error{ErrorKind::internal, "the body is " + std::string(what) + " than its head says", {}};
}

void append_chunk_size(std::string& out, std::uint64_t size) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16);
  out.append(digits.data(), end);
  out += crlf;
}

/// The pieces of one sendmsg, and how far they have been sent.
class Pieces {
 public:
  void add(const void* data, std::size_t size) {
    if (size == 0) return;
    // sendmsg only reads.
    vectors_[count_++] = iovec{const_cast<void*>(data), size};
    left_ += size;
  }
  std::size_t left() const { return left_; }

  /// The result of sendmsg.
  ssize_t send(int descriptor, int flags) {
    msghdr message{};
    message.msg_iov = vectors_.data() + first_;
    message.msg_iovlen = count_ - first_;
    const ssize_t sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
    if (sent > 0) consume(static_cast<std::size_t>(sent));
    return sent;
  }

 private:
  void consume(std::size_t count) {
    left_ -= count;
    while (count > 0) {
      iovec& piece = vectors_[first_];
      const std::size_t taken = std::min(count, piece.iov_len);
      piece.iov_base = static_cast<std::byte*>(piece.iov_base) + taken;
      piece.iov_len -= taken;
      count -= taken;
      if (piece.iov_len == 0) ++first_;
    }
  }

  std::array<iovec, 3> vectors_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t left_ = 0;
};

/// How many of the bytes [0, end) lie in the body, which begins behind `prefix` bytes.
std::uint64_t body_part(std::uint64_t end, std::uint64_t prefix, std::uint64_t body) {
  return std::min(end - std::min(end, prefix), body);
}

}  // namespace

void ResponseWriter::begin(std::string head, BodyFraming framing, std::uint64_t length) {
  prefix_ = std::move(head);
  // Should this process die in the middle, the kernel's close must not pass for the body's end.
  if (framing == BodyFraming::until_close || framing_ == BodyFraming::until_close) {
    close_resets(socket_, framing == BodyFraming::until_close);
  }
  framing_ = framing;
  remaining_ = length;
}

io::Task<Result<void>> ResponseWriter::write(io::Chunk chunk) {
  const std::uint64_t size = chunk.size();
  if (framing_ == BodyFraming::none || size == 0) co_return Result<void>{};
  if (framing_ == BodyFraming::length) {
    if (size > remaining_) co_return wrong_length("longer");
    remaining_ -= size;
  }
  const bool chunked = framing_ == BodyFraming::chunked;
  if (chunked) append_chunk_size(prefix_, size);
  const std::string_view suffix = chunked ? crlf : std::string_view{};
  if (chunk.file() != nullptr) co_return co_await send_file(*chunk.file(), suffix);
  co_return co_await send(chunk.memory(), suffix);
}

io::Task<Result<void>> ResponseWriter::flush() {
  if (prefix_.empty()) co_return Result<void>{};
  co_return co_await send({}, {});
}

io::Task<Result<void>> ResponseWriter::finish() {
  if (framing_ == BodyFraming::length && remaining_ != 0) co_return wrong_length("shorter");
  if (framing_ == BodyFraming::until_close) close_resets(socket_, false);
  if (framing_ == BodyFraming::chunked) prefix_ += "0\r\n\r\n";
  if (prefix_.empty()) co_return Result<void>{};
  co_return co_await send({}, {});
}

bool ResponseWriter::finish_now(std::string_view body) {
  Pieces pieces;
  pieces.add(prefix_.data(), prefix_.size());
  pieces.add(body.data(), body.size());
  const std::size_t total = pieces.left();
  const ssize_t count = pieces.send(socket_.native_handle(), 0);
  if (count > 0) {
    const auto bytes = static_cast<std::uint64_t>(count);
    sent(bytes, body_part(bytes, prefix_.size(), body.size()));
  }
  prefix_.clear();
  return count == static_cast<ssize_t>(total);
}

io::Task<Result<void>> ResponseWriter::send(std::span<const std::byte> body,
                                            std::string_view suffix, int flags) {
  Pieces pieces;
  pieces.add(prefix_.data(), prefix_.size());
  pieces.add(body.data(), body.size());
  pieces.add(suffix.data(), suffix.size());
  const std::size_t total = pieces.left();
  while (pieces.left() > 0) {
    const std::uint64_t before = total - pieces.left();
    const ssize_t count = pieces.send(socket_.native_handle(), flags);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) co_return client_gone(errno);
    if (count > 0) {
      const std::uint64_t after = before + static_cast<std::uint64_t>(count);
      sent(after - before, body_part(after, prefix_.size(), body.size()) -
                               body_part(before, prefix_.size(), body.size()));
    }
    if (pieces.left() > 0) co_await wait_until_writable();
  }
  prefix_.clear();
  co_return Result<void>{};
}

io::Task<Result<void>> ResponseWriter::send_file(io::FileRegion region, std::string_view suffix) {
  if (!prefix_.empty()) {
    Result<void> head = co_await send({}, {}, MSG_MORE);
    if (!head) co_return head;
  }
  auto offset = static_cast<off_t>(region.offset);
  std::uint64_t left = region.size;
  while (left > 0) {
    const ssize_t count = ::sendfile(socket_.native_handle(), region.descriptor, &offset,
                                     static_cast<std::size_t>(std::min(left, file_piece)));
    if (count == 0) co_return shrank();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) co_return sendfile_failed(errno);
    if (count > 0) {
      const auto bytes = static_cast<std::uint64_t>(count);
      left -= bytes;
      sent(bytes, bytes);
    } else {
      co_await wait_until_writable();
    }
  }
  if (suffix.empty()) co_return Result<void>{};
  co_return co_await send({}, suffix);
}

io::Task<void> ResponseWriter::wait_until_writable() {
  observer_.on_blocked();
  boost::system::error_code failed;  // a broken connection shows at the next send
  co_await socket_.async_wait(Socket::wait_write, io::asio::redirect_error(io::use_task, failed));
  observer_.on_unblocked();
}

void ResponseWriter::sent(std::uint64_t bytes, std::uint64_t body_bytes) {
  sent_ += bytes;
  observer_.on_sent(bytes, body_bytes);
}

}  // namespace tonearm::server
