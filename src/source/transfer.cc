#include "source/transfer.h"

#include "source/address_guard.h"
#include "source/curl_error.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

namespace tonearm::source {
namespace {

constexpr std::size_t most_trailers = 16 * 1024;

}  // namespace

Transfer::Transfer(Shared& shared, OriginRequest request, HostGate::Permit permit, OriginUse* use)
    : shared_(shared),
      request_(std::move(request)),
      url_(shared.urls.parse(request_.url.text)),
      permit_(std::move(permit)),
      use_(use),
      easy_(shared.easies.take()),
      buffer_(shared.blocks, shared.options.buffer),
      progress_(shared.executor),
      deadline_(shared.executor, [this] { on_deadline(); }) {
  set_options();
  if (use_ != nullptr) ++use_->requests;
  running_ = true;
  shared_.multi.add(easy_.get());
}

Transfer::~Transfer() {
  stop();
  curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy_.get(), CURLOPT_CURLU, nullptr);
  shared_.easies.give_back(std::move(easy_));
}

void Transfer::set_options() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<CurlMulti::Client*>(this));
  // libcurl (7.88) goes by the parsed one; of a pooled handle it would keep the text of before.
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.text.c_str());
  curl_easy_setopt(easy, CURLOPT_CURLU, url_.get());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, said_.data());
}

/// CURLOPT_RANGE would say the same, copied three times on the way.
const curl_slist* Transfer::fields() {
  if (!request_.range) return request_.headers.get();
  constexpr std::string_view name = "Range: bytes=";
  static_assert(name.size() + 2 * std::numeric_limits<std::uint64_t>::digits10 + 4 <
                sizeof(range_));
  char* const limit = range_.data() + range_.size();
  char* end = std::copy(name.begin(), name.end(), range_.data());
  end = std::to_chars(end, limit, request_.range->first).ptr;
  *end++ = '-';
  *std::to_chars(end, limit, request_.range->end - 1).ptr = '\0';
  range_field_.data = range_.data();
  range_field_.next = const_cast<curl_slist*>(request_.headers.get());  // libcurl changes none
  return &range_field_;
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
  co_return failure();
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
  if (released_ || code_ == CURLE_OK) co_return std::span<const std::byte>{};
  co_return failure();
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
  if (!running_) return;
  if (paused_ && buffer_.free() >= CURL_MAX_WRITE_SIZE) {
    paused_ = false;
    shared_.multi.unpause(easy_.get());
  }
  if (wants_data()) shared_.multi.resume(*this);
}

bool Transfer::wants_data() const {
  return phase_ == Phase::discarding || buffer_.free() >= receive_size(shared_.options);
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

void Transfer::stop() {
  if (!running_) return;
  running_ = false;
  shared_.multi.remove(easy_.get());
  permit_.reset();
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
  if (paused_) {
    paused_ = false;
    shared_.multi.unpause(easy_.get());
  }
  shared_.multi.resume(*this);
}

void Transfer::on_done(CURLcode code) {
  const bool stale = std::exchange(stale_, false) || died_unheard(code);
  if (stale && phase_ != Phase::discarding) return retry_on_fresh_connection();
  running_ = false;
  code_ = code;
  permit_.reset();
  if (phase_ == Phase::discarding) return tell_discarded();
  end_wait();
}

/// RFC 9112 §9.3.1: an origin may end a kept connection at any time, also while it is asked.
/// libcurl (7.88) asks again by itself, but gives up after five such retries of one easy handle, in
/// however many transfers (CONN_MAX_RETRIES), and then counts anew.
bool Transfer::died_unheard(CURLcode code) const {
  const bool died =
      code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING;
  return died && !opened_ && head().status == 0;
}

void Transfer::retry_on_fresh_connection() {
  said_.front() = '\0';
  curl_easy_setopt(easy_.get(), CURLOPT_FRESH_CONNECT, 1L);
  shared_.multi.add(easy_.get());
}

Error Transfer::failure() const {
  if (prohibited_) {
    return named({ErrorKind::destination_ip_prohibited,
                  "the origin's address is private and not allowed by upstream.allow_private",
                  {}});
  }
  if (trailers_ > most_trailers) {
    return named({ErrorKind::http_protocol_error, "more than 16 KiB of trailer fields", {}});
  }
  Error error = named(error_of_curl(code_, easy_.get(), said_.data()));
  // Of a connection that was used before, that may be what the answer before left behind.
  const bool may_be_strays = error.kind == ErrorKind::http_protocol_error && !opened_;
  if (may_be_strays && phase_ == Phase::head) error.kind = ErrorKind::connection_terminated;
  return error;
}

Error Transfer::named(Error error) const {
  error.detail.insert(0, request_.url.authority() + ": ");
  return error;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t length = size * count;
  if (transfer.phase_ != Phase::head) return transfer.takes_trailer(length) ? length : 0;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (transfer.head_.line({data, length}, now)) {
    transfer.phase_ = Phase::unread;
    transfer.report_answer();
    transfer.end_wait();
  }
  return length;
}

/// libcurl (7.88) bounds a head, but keeps every trailer field (RFC 9112 §7.1.2) that comes.
bool Transfer::takes_trailer(std::size_t size) {
  trailers_ += size;
  return trailers_ <= most_trailers;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t length = size * count;
  if (transfer.phase_ == Phase::discarding) {
    if (length > transfer.may_be_discarded_) return CURL_WRITEFUNC_ERROR;
    transfer.may_be_discarded_ -= length;
    return length;
  }
  if (transfer.buffer_.free() < length) {
    transfer.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  transfer.buffer_.append(std::as_bytes(std::span(data, length)));
  transfer.received_ += length;
  if (transfer.use_ != nullptr) transfer.use_->bytes += length;
  if (transfer.phase_ == Phase::reading) transfer.end_wait();
  return length;
}

void Transfer::report_answer() {
  if (shared_.options.on_answer) shared_.options.on_answer(io::Clock::now() - started_);
  curl_off_t connecting = 0;  // microseconds; includes the name lookup, which is quick or cached
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connecting);
  if (permit_) permit_->answered(std::chrono::microseconds(connecting));
}

curl_socket_t Transfer::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.request_.private_allowed && is_private_address(address->addr)) {
    transfer.prohibited_ = true;
    return CURL_SOCKET_BAD;
  }
  transfer.opened_ = true;
  return transfer.shared_.multi.open_socket(*address, transfer.permit_->connections());
}

/// Called for a pooled connection too, which somebody with more trust may have opened.
int Transfer::on_connected(void* self, char* remote, char* local, int remote_port, int local_port) {
  auto& transfer = *static_cast<Transfer*>(self);
  const curl_socket_t socket =
      transfer.shared_.multi.use_connection(transfer, {remote, remote_port, local, local_port});
  // RFC 9112 §6.3: else each song would get the answer of the one before.
  if (!transfer.opened_ && CurlMulti::holds_strays(transfer.easy_.get(), socket)) {
    transfer.stale_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.permit_->connected();
  // Another address of the origin may have been a private one.
  transfer.prohibited_ =
      !transfer.request_.private_allowed && is_private_address(std::string_view(remote));
  return transfer.prohibited_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

}  // namespace tonearm::source
