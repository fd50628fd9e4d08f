#pragma once

#include "tonearm/source/http_source.h"

#include "support/run.h"
#include "support/scripted_origin.h"

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::source {

using test::honest_answer;
using test::OriginAnswer;
using test::OriginAsked;
using test::ScriptedOrigin;

inline constexpr std::size_t KiB = 1024;
inline const std::string strong = "ETag: \"v1\"\r\nContent-Type: audio/mpeg\r\n";

inline std::string make_content(std::size_t size, unsigned seed = 1) {
  std::string content(size, '\0');
  std::uint32_t state = seed;
  for (char& c : content) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return content;
}

/// What a client that reads one range to its end got to see.
struct Heard {
  std::optional<http::Representation> described;
  std::string body;
  std::optional<Error> error;
  OriginUse use;
};

struct Wish {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> end;  ///< Empty: to the end.
  bool closed = false;
  std::function<io::Task<void>(std::uint64_t)> after_chunk;
  io::Taker* taker = nullptr;
  bool expect_many_readers = false;  ///< As soon as it is described.
};

inline io::Task<Heard> listen(Source& source, std::string url, Wish wish) {
  Heard heard;
  Locator locator;
  locator.kind = Locator::Kind::url;
  locator.value = std::move(url);
  auto resource = source.open({locator}).value();
  if (wish.taker != nullptr) resource->set_taker(*wish.taker);
  ReadIntent intent;
  if (wish.first != 0 || wish.end) {
    http::RangeSpec spec;
    spec.first = wish.first;
    if (wish.closed) spec.last = *wish.end - 1;
    intent.range = spec;
  }
  Result<http::Representation> described = co_await resource->describe(intent);
  if (!described) {
    heard.error = described.error();
    heard.use = resource->origin_use();
    co_return heard;
  }
  heard.described = *described;
  if (wish.expect_many_readers) resource->expect_many_readers();
  auto reader = resource->read(wish.first, wish.end ? wish.end : described->length);
  for (;;) {
    Result<io::Chunk> chunk = co_await reader->read();
    if (!chunk) {
      heard.error = chunk.error();
      break;
    }
    if (chunk->empty()) break;
    const auto bytes = chunk->memory();
    heard.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (wish.after_chunk) co_await wish.after_chunk(heard.body.size());
  }
  heard.use = resource->origin_use();
  co_return heard;
}

/// A source with short limits, and what a client hears of an origin through it.
class HttpFixture : public testing::Test {
 protected:
  HttpFixture() {
    options_.allow_private = AllowPrivate::yes;
    options_.first_byte_timeout = std::chrono::seconds(5);
    options_.stall_timeout = std::chrono::seconds(5);
  }

  Heard hear(ScriptedOrigin& origin, Wish wish = {}, const std::string& path = "/song") {
    io::asio::io_context loop(1);
    HttpSource source(make_http_client(loop.get_executor(), options_));
    return test::run(loop, listen(source, origin.url() + path, std::move(wish)));
  }

  static std::vector<std::string> ranges(const ScriptedOrigin& origin) {
    std::vector<std::string> out;
    for (const auto& asked : origin.asked()) out.push_back(asked.range());
    return out;
  }

  HttpOptions options_;
};

inline ScriptedOrigin::Script honest(const std::string& content,
                                     const std::string& fields = strong) {
  return [&content, fields](const OriginAsked& asked) {
    return honest_answer(asked, content, fields);
  };
}

/// The same, broken off behind so many bytes of its body.
inline OriginAnswer cut_short(OriginAnswer answer, std::size_t body_bytes) {
  answer.bytes.resize(
      std::min(answer.bytes.size(), answer.bytes.find("\r\n\r\n") + 4 + body_bytes));
  answer.then = OriginAnswer::Then::reset;
  return answer;
}

/// A 200 without a length; `whole`: with the chunk that ends it.
inline OriginAnswer chunked(const std::string& content, const std::string& fields = "",
                            bool whole = true) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", content.size());
  OriginAnswer answer;
  answer.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n" + size +
                 content + "\r\n";
  if (whole) {
    answer.bytes += "0\r\n\r\n";
  } else {
    answer.then = OriginAnswer::Then::reset;
  }
  return answer;
}

inline io::Task<void> wait_until(std::function<bool()> condition) {
  auto executor = co_await io::asio::this_coro::executor;
  io::asio::steady_timer::rebind_executor<io::Executor>::other timer(executor);
  while (!condition()) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(io::use_task);
  }
}

}  // namespace tonearm::source
