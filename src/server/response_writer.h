#pragma once

#include "tonearm/io/byte_stream.h"

#include "server/socket.h"

#include <cstdint>
#include <string>

namespace tonearm::server {

/// How a body's end is told (RFC 9112 §6).
enum class BodyFraming : std::uint8_t {
  none,         ///< No body, or one that is dropped: HEAD.
  length,       ///< Exactly as many bytes as the head says.
  chunked,      ///< HTTP/1.1.
  until_close,  ///< HTTP/1.0.
};

/// Told what becomes of an answer's bytes.
class SendObserver {
 public:
  virtual ~SendObserver() = default;
  /// Bytes that the kernel took: all of them, and those that are the body's.
  virtual void on_sent(std::uint64_t bytes, std::uint64_t body_bytes) = 0;
  /// The client takes no byte now.
  virtual void on_blocked() = 0;
  /// It does again.
  virtual void on_unblocked() = 0;
};

/// Writes one answer: its head, which waits for the first bytes of the body and leaves with them,
/// and a body of exactly the promised length. Sends directly and waits only when the client does
/// not take. An error leaves the connection unusable: the caller resets it.
class ResponseWriter final : public io::ByteWriter, public io::Taker {
 public:
  ResponseWriter(Socket& socket, SendObserver& observer) : socket_(socket), observer_(observer) {}

  /// `length` only counts for BodyFraming::length. May be called again while !started(), so that an
  /// error still takes the place of an answer.
  void begin(std::string head, BodyFraming framing, std::uint64_t length = 0);
  /// client_gone, or internal for more bytes than promised (of which none is sent). Of a file's
  /// region also representation_changed when it became shorter, and destination_unavailable when it
  /// cannot be read.
  io::Task<Result<void>> write(io::Chunk chunk) override;
  /// Sends the head now, for a body whose first bytes may be long in coming.
  io::Task<Result<void>> flush();
  /// Sends what is left of the framing; internal when bytes of the body are missing.
  io::Task<Result<void>> finish();
  /// The whole answer at once, where there is no time to wait: false when the client does not take
  /// all of it.
  bool finish_now(std::string_view body);

  /// A byte of the head has left: there is no way back.
  bool started() const { return sent_ > 0; }

  /// By the client's side, which over TCP is its kernel.
  std::uint64_t taken() override { return sent_ - untaken_bytes(socket_); }

 private:
  /// The prefix, then these; `flags` of sendmsg.
  io::Task<Result<void>> send(std::span<const std::byte> body, std::string_view suffix,
                              int flags = 0);
  io::Task<Result<void>> send_file(io::FileRegion region, std::string_view suffix);
  io::Task<void> wait_until_writable();
  void sent(std::uint64_t bytes, std::uint64_t body_bytes);

  Socket& socket_;
  SendObserver& observer_;
  std::string prefix_;  ///< Leaves before the next byte of the body: the head, a chunk's size.
  BodyFraming framing_ = BodyFraming::none;
  std::uint64_t remaining_ = 0;  ///< Of BodyFraming::length.
  std::uint64_t sent_ = 0;       ///< Bytes that the kernel took.
};

}  // namespace tonearm::server
