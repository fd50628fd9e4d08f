#include "source/transfer.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tonearm::source {
namespace {

/// Room that a read of the socket waits for: half of the stream's buffer, so that the client's half
/// can drain while the other fills.
std::size_t least_room(const HttpOptions& options) {
  return std::clamp<std::size_t>(options.buffer / 2, 16 * 1024, 128 * 1024);
}

/// RFC 9110 §14.2.
void append_range(std::string& text, const http::ByteRange& range) {
  text += "Range: bytes=";
  text += std::to_string(range.first);
  text += '-';
  text += std::to_string(range.end - 1);
  text += "\r\n";
}

}  // namespace

Transfer::Transfer(Shared& shared, OriginRequest request, HostGate::Permit permit, OriginUse* use)
    : shared_(shared),
      request_(std::move(request)),
      permit_(std::move(permit)),
      use_(use),
      buffer_(shared.blocks, shared.options.buffer),
      progress_(shared.executor),
      deadline_(shared.executor, [this] { on_deadline(); }) {
  if (use_ != nullptr) ++use_->requests;
  begin();
}

Transfer::~Transfer() { stop(); }

void Transfer::begin() {
  const std::shared_ptr<const RequestStart> start = shared_.starts.of(request_.url);
  if (!start) return fail({ErrorKind::bad_locator, "libcurl cannot connect to the URL's host", {}});
  write_request(*start);
  const bool tls = request_.url.scheme == "https";
  auto kept = permit_->take_connection({tls, request_.private_allowed});
  if (!kept) return connect();
  ask(std::move(kept));
}

void Transfer::write_request(const RequestStart& start) {
  const RequestFields& fields = *request_.fields;
  text_.reserve(start.line_and_host.size() + start.authorization.size() + fields.lines.size() + 64);
  text_ = start.line_and_host;
  if (!fields.authorization) text_ += start.authorization;
  if (request_.range) append_range(text_, *request_.range);
  text_ += fields.lines;
  text_ += "\r\n";
}

void Transfer::connect() {
  fresh_ = true;
  Connector::Client& self = *this;
  attempt_.emplace(shared_.connector, request_.url, request_.private_allowed, self);
  attempt_->start();
}

void Transfer::on_connected(Result<Connector::Connected> connected) {
  attempt_.reset();
  if (!connected) return fail(connected.error());
  connecting_ = connected->took;
  ask(std::move(connected->connection));
}

void Transfer::ask(std::unique_ptr<OriginConnection> connection) {
  connection_ = std::move(connection);
  connection_->set_user(this);
  connection_->wait_readable();
  permit_->connected();
  on_writable();
}

void Transfer::on_writable() {
  while (sent_ < text_.size()) {
    const auto rest = std::as_bytes(std::span(text_).subspan(sent_));
    Result<std::size_t> sent = connection_->send(rest);
    if (!sent) return fail(sent.error());
    if (*sent == 0) return connection_->wait_writable();
    sent_ += *sent;
  }
}

void Transfer::on_readable() { receive(); }

bool Transfer::wants_data() const {
  return phase_ == Phase::discarding || buffer_.free() >= least_room(shared_.options);
}

/// Takes what has come, as far as there is room for it.
void Transfer::receive() {
  for (;;) {
    held_ = !wants_data();
    if (held_) return;
    const std::span<std::byte> room = buffer_.room();
    Result<std::optional<std::size_t>> received = connection_->receive(room);
    const std::size_t count = received ? received->value_or(0) : 0;
    take_in(room.first(count));
    if (!running_) return;
    if (!received) return fail(received.error());
    const bool ended = *received && count == 0;
    if (ended) return end();
    if (count == 0 || !connection_->may_hold_more(count, room.size())) {
      return connection_->wait_readable();
    }
  }
}

/// Takes what was received into the buffer's room.
void Transfer::take_in(std::span<std::byte> bytes) {
  Result<std::size_t> head_size = take_in_head(bytes);
  ResponseReader::Content content;
  if (head_size && response_.has_head()) {
    content = response_.read_content(bytes.subspan(*head_size));
  }
  const bool kept = content.size != 0 && phase_ != Phase::discarding;
  buffer_.extend(kept ? *head_size + content.size : 0);
  if (!head_size) return fail(head_size.error());
  if (kept) {
    buffer_.consume(*head_size);
    received_ += content.size;
    if (use_ != nullptr) use_->bytes += content.size;
    if (phase_ == Phase::reading) end_wait();
  }
  if (phase_ == Phase::discarding && !throw_away(content.size)) return;
  if (content.fault) return fail(std::move(*content.fault));
  if (response_.complete()) complete();
}

Result<std::size_t> Transfer::take_in_head(std::span<const std::byte> bytes) {
  if (response_.has_head() || bytes.empty()) return 0;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  Result<std::size_t> taken =
      response_.read_head({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, now);
  if (taken && response_.has_head() && phase_ == Phase::head) {
    phase_ = Phase::unread;
    report_answer();
    end_wait();
  }
  return taken;
}

/// False when it is more than may be.
bool Transfer::throw_away(std::size_t count) {
  if (count > may_be_discarded_) {
    stop();
    tell_discarded();
    return false;
  }
  may_be_discarded_ -= count;
  return true;
}

void Transfer::report_answer() {
  if (shared_.options.on_answer) shared_.options.on_answer(io::Clock::now() - started_);
  permit_->answered(connecting_);
}

void Transfer::end() {
  Result<void> ended = response_.end();
  if (!ended) return fail(ended.error());
  complete();
}

void Transfer::complete() {
  running_ = false;
  if (response_.reusable() && sent_ == text_.size()) permit_->keep(std::move(connection_));
  let_go();
  if (phase_ == Phase::discarding) return tell_discarded();
  end_wait();
}

void Transfer::fail(Error error) {
  if (died_unheard(error) && phase_ != Phase::discarding) {
    connection_.reset();
    response_ = ResponseReader();  // it may hold the start of a status line
    sent_ = 0;
    return connect();
  }
  // Of a connection that was used before, that may be what the answer before left behind.
  const bool may_be_strays = error.kind == ErrorKind::http_protocol_error && !fresh_;
  if (may_be_strays && !response_.has_head()) error.kind = ErrorKind::connection_terminated;
  running_ = false;
  failure_ = named(std::move(error));
  let_go();
  if (phase_ == Phase::discarding) return tell_discarded();
  end_wait();
}

/// RFC 9112 §9.3.1: an origin may end a kept connection at any time, also while it is asked.
bool Transfer::died_unheard(const Error& error) const {
  return error.kind == ErrorKind::connection_terminated && connection_ && !fresh_ &&
         response_.silent();
}

io::Task<Result<void>> Transfer::wait_for_head(io::Clock::time_point deadline) {
  if (phase_ == Phase::head && running_) deadline_.expire_at(deadline);
  while (phase_ == Phase::head && running_ && !timed_out_) co_await progress_.wait();
  deadline_.clear();
  if (phase_ != Phase::head) co_return Result<void>{};
  stop();
  if (timed_out_) {
    co_return named({ErrorKind::http_response_timeout, "no response head in time", {}});
  }
  co_return *failure_;
}

io::Task<Result<std::span<const std::byte>>> Transfer::read(io::Clock::time_point deadline) {
  make_room();
  if (buffer_.empty() && running_) {
    phase_ = Phase::reading;
    deadline_.expire_at(std::min(deadline, io::Clock::now() + shared_.options.stall_timeout));
    while (buffer_.empty() && running_ && !timed_out_) co_await progress_.wait();
    phase_ = Phase::unread;
    deadline_.clear();
  }
  if (!buffer_.empty()) {
    const std::span<const std::byte> bytes = portion();
    handed_out_ = bytes.size();
    position_ += bytes.size();
    if (running_ && release_after_) expect_reader();
    co_return bytes;
  }
  if (timed_out_) {
    stop();
    co_return named({ErrorKind::connection_read_timeout, "the origin sends no more", {}});
  }
  if (released_ || !failure_) co_return std::span<const std::byte>{};
  co_return *failure_;
}

/// As much as the reader takes in about a second, so that the origin of a slow one sees its bytes
/// being read steadily, and does not give it up.
std::span<const std::byte> Transfer::portion() {
  constexpr std::size_t least = 4 * 1024;
  const auto now = io::Clock::now();
  portion_ = now - handed_out_at_ > std::chrono::seconds(1)
                 ? std::max(least, portion_ / 2)
                 : std::min(io::BlockPool::block_size, portion_ * 2);
  handed_out_at_ = now;
  const std::span<const std::byte> bytes = buffer_.front();
  return bytes.first(std::min(bytes.size(), portion_));
}

/// What was handed out may take a slow reader longer than release_after.
void Transfer::expect_reader() {
  const auto now = io::Clock::now();
  deadline_.expire_at(taker_ != nullptr ? taking_.begin(now, *release_after_)
                                        : now + *release_after_);
}

void Transfer::look_at_taker() {
  if (!running_) return;
  if (taker_ != nullptr) {
    const auto next = taking_.look(io::Clock::now(), taker_->taken());
    if (next) return deadline_.expire_at(*next);
  }
  released_ = true;
  stop();
}

void Transfer::unread(std::size_t count) {
  handed_out_ -= count;
  position_ -= count;
}

/// What was handed out has been taken: its room is free, and the socket is read again.
void Transfer::make_room() {
  deadline_.clear();
  buffer_.consume(handed_out_);
  handed_out_ = 0;
  if (running_ && held_ && wants_data()) receive();
}

void Transfer::on_deadline() {
  switch (phase_) {
    case Phase::head:
    case Phase::reading:
      timed_out_ = true;
      progress_.notify();
      break;
    case Phase::unread:
      look_at_taker();
      break;
    case Phase::discarding:
      stop();
      tell_discarded();
      break;
  }
}

/// A deadline that has passed in the same turn of the loop comes after it, and counts no more.
void Transfer::end_wait() {
  deadline_.clear();
  timed_out_ = false;
  progress_.notify();
}

void Transfer::tell_discarded() {
  if (when_discarded_) io::asio::post(shared_.executor, std::move(when_discarded_));
}

/// What is not kept is closed.
void Transfer::let_go() {
  attempt_.reset();
  connection_.reset();
  permit_.reset();
}

void Transfer::stop() {
  if (!running_) return;
  running_ = false;
  let_go();
}

std::optional<std::uint64_t> Transfer::rest() const {
  if (!running_) return 0;
  if (phase_ == Phase::head && request_.range) return request_.range->size();
  if (phase_ == Phase::head || !head().content_length) return std::nullopt;
  return *head().content_length - received_;
}

void Transfer::discard(std::uint64_t most, std::chrono::milliseconds limit,
                       std::function<void()> then) {
  phase_ = Phase::discarding;
  may_be_discarded_ = most;
  use_ = nullptr;
  when_discarded_ = std::move(then);
  buffer_.clear();
  handed_out_ = 0;
  if (!running_) return tell_discarded();
  deadline_.expire_after(limit);
  if (held_) receive();
}

Error Transfer::named(Error error) const {
  error.detail.insert(0, request_.url.authority() + ": ");
  return error;
}

}  // namespace tonearm::source
