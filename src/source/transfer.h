#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/range.h"
#include "tonearm/io/bounded_buffer.h"
#include "tonearm/io/byte_stream.h"
#include "tonearm/io/deadline.h"
#include "tonearm/io/event.h"
#include "tonearm/io/progress_watch.h"
#include "tonearm/source/resource.h"

#include "source/connector.h"
#include "source/host_gate.h"
#include "source/origin_connection.h"
#include "source/origin_url.h"
#include "source/request_start.h"
#include "source/response_reader.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tonearm::source {

/// Fields of a request, lines with their ends.
struct RequestFields {
  std::string lines;
  bool authorization = false;  ///< One of them is Authorization.
};

/// One request to an origin.
struct OriginRequest {
  OriginUrl url;
  std::optional<http::ByteRange> range;  ///< Sent as absolute positions.
  std::shared_ptr<const RequestFields> fields;
  bool private_allowed = false;  ///< May be answered from a private address.
};

/// One HTTP/1.1 exchange with an origin, over a connection that was kept or a new one: its head,
/// then its body, received into a bounded buffer, which stops reading the socket while it is full.
/// One loop, one waiter at a time.
class Transfer final : OriginConnection::User, Connector::Client {
 public:
  /// What the transfers of a loop share. Outlives them.
  struct Shared {
    io::Executor executor;
    Connector& connector;
    RequestStarts& starts;
    io::BlockPool& blocks;
    const HttpOptions& options;
  };

  /// Starts at once. `use` is counted up as it goes; it may be null.
  Transfer(Shared& shared, OriginRequest request, HostGate::Permit permit, OriginUse* use);
  ~Transfer() override;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Waits for the final response head: http_response_timeout after `deadline`.
  io::Task<Result<void>> wait_for_head(io::Clock::time_point deadline);
  const UpstreamHead& head() const { return response_.head(); }
  const OriginUrl& url() const { return request_.url; }
  /// An error of this exchange, with the origin's name for the log; the URL may hold keys.
  Error named(Error error) const;

  /// The next bytes of the body, empty at its end, or how it broke. They stay valid until the next
  /// read() or the end of the transfer. A stall is connection_read_timeout, and so is `deadline`.
  io::Task<Result<std::span<const std::byte>>> read(
      io::Clock::time_point deadline = io::Clock::time_point::max());

  /// The last `count` bytes of what read() has handed out were not taken: the next one begins with
  /// them.
  void unread(std::size_t count);

  /// From the next read() on, a body that nobody reads for `after` gives up its connection; read()
  /// then hands out what is buffered, an empty span, and released() is true. While `taker` takes
  /// bytes of what read() has handed out, it reads; without one, only who calls read() does.
  void release_after(std::chrono::milliseconds after, io::Taker* taker) {
    release_after_ = after;
    taker_ = taker;
  }
  bool released() const { return released_; }

  /// Body bytes that read() has handed out, without those that were unread().
  std::uint64_t position() const { return position_; }

  /// Bytes of the body that are still to come: as the head says, before it as was asked. Empty when
  /// neither says it.
  std::optional<std::uint64_t> rest() const;
  /// Nobody reads any more: what comes is thrown away, so that the connection can be used again. It
  /// is cut off after `most` bytes and after `limit`; `then` runs (posted) when it is over.
  void discard(std::uint64_t most, std::chrono::milliseconds limit, std::function<void()> then);

 private:
  /// Who waits for what of the exchange, and so what a deadline that has passed means.
  enum class Phase : std::uint8_t {
    head,        ///< Until the final response head is complete.
    reading,     ///< Somebody waits in read().
    unread,      ///< Nobody does.
    discarding,  ///< Nobody will again.
  };

  void begin();
  void write_request(const RequestStart& start);
  void connect();
  void on_connected(Result<Connector::Connected> connected) override;
  void ask(std::unique_ptr<OriginConnection> connection);
  void on_writable() override;
  void on_readable() override;

  bool wants_data() const;
  void receive();
  void take_in(std::span<std::byte> bytes);
  Result<std::size_t> take_in_head(std::span<const std::byte> bytes);
  bool throw_away(std::size_t count);
  void report_answer();
  void end();
  void complete();
  void fail(Error error);
  bool died_unheard(const Error& error) const;

  std::span<const std::byte> portion();
  void make_room();
  void expect_reader();
  void look_at_taker();
  void on_deadline();
  void end_wait();
  void tell_discarded();
  void let_go();
  void stop();

  Shared& shared_;
  OriginRequest request_;
  std::optional<HostGate::Permit> permit_;
  OriginUse* use_;

  std::string text_;      ///< Of the request.
  std::size_t sent_ = 0;  ///< Of its bytes.
  std::optional<Connector::Attempt> attempt_;
  std::unique_ptr<OriginConnection> connection_;
  std::chrono::microseconds connecting_{0};  ///< Zero on a connection that was kept.
  bool fresh_ = false;                       ///< A connection of its own.

  const io::Clock::time_point started_ = io::Clock::now();
  ResponseReader response_;
  io::BoundedBuffer buffer_;
  io::Event progress_;
  io::Deadline deadline_;

  Phase phase_ = Phase::head;
  bool running_ = true;
  bool held_ = false;  ///< The connection may hold more, and the buffer has no room for it.
  bool timed_out_ = false;
  bool released_ = false;
  std::optional<Error> failure_;
  std::uint64_t received_ = 0;
  std::uint64_t position_ = 0;
  std::size_t handed_out_ = 0;
  io::Clock::time_point handed_out_at_ = io::Clock::now();
  std::size_t portion_ = io::BlockPool::block_size;
  std::optional<std::chrono::milliseconds> release_after_;
  io::Taker* taker_ = nullptr;
  io::ProgressWatch taking_;
  std::uint64_t may_be_discarded_ = 0;
  std::function<void()> when_discarded_;
};

}  // namespace tonearm::source
