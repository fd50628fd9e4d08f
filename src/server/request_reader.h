#pragma once

#include "tonearm/base/error.h"

#include "server/socket.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tonearm::server {

/// What a client has sent and nobody has dealt with: request heads, one after the other. Never
/// waits.
class RequestReader {
 public:
  /// `scratch` is where bytes first arrive; all connections of a loop share it.
  RequestReader(Socket& socket, std::span<char> scratch) : socket_(socket), scratch_(scratch) {}

  enum class Received : std::uint8_t {
    some,
    nothing,  ///< Not yet.
    end,      ///< The client sends no more, or is gone.
  };
  Received receive();

  /// The next head, its empty line included; valid until receive() or consume_head(). Empty while
  /// it is not all there.
  std::optional<std::string_view> head();
  /// Why no head can come of what is there: 400 when it begins with no method (TLS does not), 431,
  /// or 414 when the target alone is too long.
  std::optional<Error> refusal() const;
  void consume_head();

  /// What is here, for a PROXY header before the first head.
  std::string_view received() const { return buffer_; }
  bool empty() const { return buffer_.empty(); }
  /// Gives the memory back: for the time when nothing is there.
  void release_memory();

  /// Drops up to `count` bytes that are here.
  std::uint64_t discard_received(std::uint64_t count);
  /// Drops up to `most` bytes that wait in the kernel; their number in `*dropped`.
  Received discard_waiting(std::uint64_t most, std::uint64_t* dropped);

 private:
  /// recv() into the scratch space.
  Received receive_some(std::size_t most, std::size_t* count);

  Socket& socket_;
  const std::span<char> scratch_;
  std::string buffer_;
  std::size_t head_end_ = 0;  ///< Behind the first head; 0 while there is none.
  bool looked_ = true;        ///< head() has seen all of buffer_.
};

}  // namespace tonearm::server
