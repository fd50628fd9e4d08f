#include "tonearm/io/deadline.h"
#include "tonearm/source/sound.h"

#include "file_fixture.h"
#include "source/file_resource.h"

#include <boost/asio/co_spawn.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

/// A file that is there, to be written to without a system call.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path) : size_(std::filesystem::file_size(path)) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    bytes_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (bytes_ == MAP_FAILED) throw std::runtime_error("mmap failed");
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { ::munmap(bytes_, size_); }

  void overwrite(const std::string& content) const {
    std::memcpy(bytes_, content.data(), std::min(size_, content.size()));
  }

 private:
  std::size_t size_;
  void* bytes_ = nullptr;
};

class GrowingFileTest : public FileFixture {
 protected:
  std::unique_ptr<Resource> open(std::chrono::milliseconds timeout, bool raw = false) {
    FileSource from = source(timeout);
    SourceRequest wanted = request("a", true);
    wanted.raw = raw;
    return from.open(wanted).value();
  }
  /// Of a recording: each seed is another take.
  static std::string sound(unsigned seed, std::size_t size = 600'000) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  static SoundView from_the_start() {
    SoundView view;
    view.position = http::SoundPosition::parse("0").value();
    return view;
  }
  /// Writes over what is there, and cuts nothing off.
  void overwrite(const std::string& name, const std::string& content) {
    write(name, content, std::ios::in | std::ios::out);
  }
  /// Runs the loop until `done`.
  void run_until(const std::function<bool()>& done) {
    loop_.restart();
    while (!done()) {
      if (loop_.run_one() == 0) loop_.restart();
    }
  }
};

TEST_F(GrowingFileTest, IsDescribedByWhatThereIsNow) {
  write("a", "0123456789");
  const auto resource = open(10s);
  const auto what = run(resource->describe({})).value();
  EXPECT_FALSE(what.length);
  ASSERT_TRUE(what.growth);
  EXPECT_EQ(what.growth->exists, 10U);
  EXPECT_EQ(what.growth->lead, 64U * 1024);
  EXPECT_FALSE(what.growth->most);
  EXPECT_EQ(what.validators, http::Validators());
}

TEST_F(GrowingFileTest, HasEndedWhenItWasNotWrittenToForTheTimeout) {
  write("a", "0123456789");
  make_old("a");
  const auto resource = open(10s);
  const auto what = run(resource->describe({})).value();
  EXPECT_EQ(what.length, 10U);
  EXPECT_TRUE(what.validators.has_strong_etag());
}

TEST_F(GrowingFileTest, HasEndedAndHasNotAtTheEndsOfTime) {
  const auto now = std::chrono::system_clock::now();
  io::FileStamp stamp;
  stamp.modified = io::FileStamp::Time::min();
  EXPECT_TRUE(has_ended(stamp, now, 10s));
  stamp.modified = stamp.changed = io::FileStamp::Time::max();
  EXPECT_FALSE(has_ended(stamp, now, 10s));
}

TEST_F(GrowingFileTest, ATimeFarInTheFutureGivesWayToThatOfTheInode) {
  const auto now = std::chrono::system_clock::now();
  io::FileStamp stamp;
  stamp.modified = now + 11s;
  stamp.changed = now - 10s;
  EXPECT_TRUE(has_ended(stamp, now, 10s));
  stamp.changed = now - 9s;
  EXPECT_FALSE(has_ended(stamp, now, 10s));
  stamp.modified = now + 10s;
  stamp.changed = now - 10s;
  EXPECT_FALSE(has_ended(stamp, now, 10s)) << "a file server's clock may be ahead";
}

TEST_F(GrowingFileTest, IsFollowedUntilItHasEnded) {
  write("a", "0123");
  const auto resource = open(300ms);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(2, std::nullopt);
  EXPECT_EQ(text(run(reader->read()).value()), "23");
  append("a", "4567");
  EXPECT_EQ(text(run(reader->read()).value()), "4567");
  EXPECT_TRUE(run(reader->read()).value().empty());
}

TEST_F(GrowingFileTest, AWaitingReaderIsWoken) {
  write("a", "0123");
  const auto resource = open(1h);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(4, 6);
  std::optional<std::string> got;
  io::asio::co_spawn(loop_, reader->read(), [&](std::exception_ptr, Result<io::Chunk> chunk) {
    got = text(chunk.value());
  });
  run_until([&] { return watches_.watched() == 1; });
  append("a", "4567");
  run_until([&] { return got.has_value(); });
  EXPECT_EQ(got, "45");
  EXPECT_TRUE(run(reader->read()).value().empty());
}

/// As when both run in a container that is paused: who follows it wakes first.
TEST_F(GrowingFileTest, AStandstillOfItsReaderAndItsWriterIsNoEnd) {
  constexpr auto timeout = 200ms;
  write("a", "0123");
  const auto resource = open(timeout);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(4, std::nullopt);
  std::optional<std::string> got;
  io::asio::co_spawn(loop_, reader->read(), [&](std::exception_ptr, Result<io::Chunk> chunk) {
    got = text(chunk.value());
  });
  loop_.restart();
  loop_.poll();
  ASSERT_FALSE(got);
  const auto standstill_ends = io::Clock::now() + timeout + 100ms;
  while (io::Clock::now() < standstill_ends) {
  }
  loop_.poll();
  EXPECT_FALSE(got);
  append("a", "45");
  run_until([&] { return got.has_value(); });
  EXPECT_EQ(got, "45");
}

TEST_F(GrowingFileTest, ATruncatedFileIsAnError) {
  write("a", "0123456789");
  const auto resource = open(1h);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(0, std::nullopt);
  EXPECT_EQ(text(run(reader->read()).value()), "0123456789");
  write("a", "01");
  EXPECT_EQ(run(reader->read()).error().kind, ErrorKind::representation_changed);
}

TEST_F(GrowingFileTest, AWavIsWaitedForUntilItsHeaderIsThere) {
  const std::string header = http::wav_header(*http::parse_pcm_format("s16le/100/1"), std::nullopt);
  for (const std::size_t written : {0U, 5U, 40U}) {
    write("a", header.substr(0, written));
    const auto wav = view_as_wav(open(1h), from_the_start());
    std::optional<Result<http::Representation>> what;
    const ReadIntent all;
    io::asio::co_spawn(loop_, wav->describe(all),
                       [&](std::exception_ptr, Result<http::Representation> described) {
                         what = std::move(described);
                       });
    run_until([&] { return what || watches_.watched() == 1; });
    ASSERT_FALSE(what) << written;
    append("a", header.substr(written) + sound(1, 1000));
    run_until([&] { return what.has_value(); });
    ASSERT_TRUE(*what) << what->error().detail;
    const auto reader = wav->read(0, header.size() + 1000);
    EXPECT_EQ(read_all(*reader).value(), header + sound(1, 1000)) << written;
  }
}

TEST_F(GrowingFileTest, AWavWhoseHeaderNeverComesIsNone) {
  write("a", "RIFF");
  const auto wav = view_as_wav(open(300ms), from_the_start());
  EXPECT_EQ(run(wav->describe({})).error().kind, ErrorKind::bad_request);
}

TEST_F(GrowingFileTest, ManyFollowersCostOneWatch) {
  write("a", "x");
  write("b", "x");
  FileSource from = source();
  std::vector<std::unique_ptr<Resource>> resources;
  std::vector<std::unique_ptr<io::ByteReader>> readers;
  for (int i = 0; i < 200; ++i) {
    resources.push_back(from.open(request(i == 7 ? "b" : "a", true)).value());
    ASSERT_TRUE(run(resources.back()->describe({})));
    readers.push_back(resources.back()->read(0, std::nullopt));
  }
  EXPECT_EQ(watches_.watched(), 2U);
  readers.erase(readers.begin() + 7);
  EXPECT_EQ(watches_.watched(), 1U);
  readers.clear();
  EXPECT_EQ(watches_.watched(), 0U);
}

TEST_F(GrowingFileTest, AnEndedRecordingThatGrowsAgainKeepsWhatItWas) {
  write("a", "0123");
  make_old("a");
  const auto resource = open(10s);
  ASSERT_EQ(run(resource->describe({})).value().length, 4U);
  append("a", "45");
  EXPECT_EQ(read_all(*resource->read(0, 4)).value(), "0123");
}

TEST_F(GrowingFileTest, ARecordingThatIsMadeAnewIsAnError) {
  const std::vector<std::function<void()>> ways = {
      [&] { write("a", sound(2)); },
      [&] { write("a", sound(2, 900'000)); },
      [&] { overwrite("a", sound(2)); },
      [&] { overwrite("a", sound(2, 100'000)); },
  };
  for (const bool ended : {true, false}) {
    for (std::size_t way = 0; way < ways.size(); ++way) {
      write("a", sound(1));
      if (ended) make_old("a");
      const auto resource = open(30min);
      ASSERT_TRUE(run(resource->describe({})));
      const auto reader = resource->read(0, 600'000);
      EXPECT_EQ(text(run(reader->read()).value()), sound(1).substr(0, 64 * 1024));
      ways[way]();
      const auto rest = run(reader->read());
      ASSERT_FALSE(rest) << ended << ' ' << way;
      EXPECT_EQ(rest.error().kind, ErrorKind::representation_changed);
    }
  }
}

TEST_F(GrowingFileTest, OneOfWhichLittleWasHeardIsNotGoneOnWithByAnotherTake) {
  struct Heard {
    std::size_t size;
    bool raw;
  };
  for (const auto [size, raw] :
       {Heard{3900, false}, Heard{4100, false}, Heard{3900, true}, Heard{40, true}}) {
    write("a", sound(1, size));
    const auto resource = open(30min, raw);
    ASSERT_TRUE(run(resource->describe({})));
    const auto reader = resource->read(0, std::nullopt);
    ASSERT_EQ(run(reader->read()).value().size(), size);
    overwrite("a", sound(2, 16'000));
    const auto rest = run(reader->read());
    ASSERT_FALSE(rest) << size << ' ' << raw;
    EXPECT_EQ(rest.error().kind, ErrorKind::representation_changed);
  }
}

TEST_F(GrowingFileTest, SizesAreWrittenIntoAHeaderThatWasHeardAlone) {
  write("a", sound(1, 3900));
  const auto resource = open(30min);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(0, 5000);
  std::string got = text(run(reader->read()).value());
  overwrite("a", std::string(80, 's'));
  append("a", sound(2, 1100));
  got += read_all(*reader).value();
  EXPECT_EQ(got, sound(1, 3900) + sound(2, 1100));
}

TEST_F(GrowingFileTest, WhatWasReadIsNotOverwritten) {
  write("a", sound(1, 20'000));
  make_old("a");
  const auto resource = open(30min);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(10'000, 20'000);
  const io::Chunk chunk = run(reader->read()).value();
  overwrite("a", sound(2, 20'000));
  EXPECT_TRUE(text(chunk) == sound(1, 20'000).substr(10'000));
  EXPECT_TRUE(run(reader->read()).value().empty());
}

TEST_F(GrowingFileTest, ARecordingThatIsMadeAnewBetweenTwoRangesIsAnErrorToo) {
  write("a", sound(1));
  make_old("a");
  const auto resource = open(30min);
  ASSERT_TRUE(run(resource->describe({})));
  EXPECT_EQ(read_all(*resource->read(10'000, 10'100)).value(), sound(1).substr(10'000, 100));
  write("a", sound(2));
  EXPECT_EQ(run(resource->read(20'000, 20'100)->read()).error().kind,
            ErrorKind::representation_changed);
}

TEST_F(GrowingFileTest, OneThatHasEndedIsTheOneThatWasDescribed) {
  const std::vector<std::function<void()>> ways = {
      [&] { write("a", sound(2, 20'000)); },
      [&] { overwrite("a", sound(2, 20'000)); },
      [&] { write("a", sound(1, 5000) + sound(2, 20'000)); },
  };
  for (std::size_t way = 0; way < ways.size(); ++way) {
    write("a", sound(1, 10'000));
    make_old("a");
    const auto resource = open(30min);
    ASSERT_EQ(run(resource->describe({})).value().length, 10'000U);
    ways[way]();
    const auto first = read_all(*resource->read(0, 10'000));
    ASSERT_FALSE(first) << way;
    EXPECT_EQ(first.error().kind, ErrorKind::representation_changed);
  }
}

TEST_F(GrowingFileTest, RangesAtTheBeginningOfOneThatHasEndedAreNotOfTwo) {
  write("a", sound(1, 50'000));
  make_old("a");
  const auto resource = open(30min);
  ASSERT_TRUE(run(resource->describe({})));
  EXPECT_EQ(read_all(*resource->read(0, 3000)).value(), sound(1, 3000));
  write("a", sound(2, 60'000));
  EXPECT_EQ(run(resource->read(20'000, 23'000)->read()).error().kind,
            ErrorKind::representation_changed);
}

/// One write of many bytes sets the time before its first and comes to the others later; so does
/// one into a mapping whose pages have been written to already, at a moment that is ours to choose.
TEST_F(GrowingFileTest, ARecordingThatIsMadeAnewWithoutAnotherTimeIsAnErrorToo) {
  write("a", sound(1));
  const MappedFile mapped(root_ / "a");
  mapped.overwrite(sound(1));
  const auto resource = open(30min);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(0, 600'000);
  ASSERT_TRUE(run(reader->read()));
  mapped.overwrite(sound(2));
  EXPECT_EQ(run(reader->read()).error().kind, ErrorKind::representation_changed);
}

TEST_F(GrowingFileTest, TakesThatBeginAlikeWithSilenceAreToldApart) {
  const std::string silence(50'000, '\0');
  write("a", silence + sound(1));
  make_old("a");
  const auto resource = open(30min);
  ASSERT_TRUE(run(resource->describe({})));
  const auto reader = resource->read(0, 700'000);
  ASSERT_TRUE(run(reader->read()));
  write("a", silence + sound(2));
  EXPECT_EQ(run(reader->read()).error().kind, ErrorKind::representation_changed);
}

TEST_F(GrowingFileTest, AppendingDisturbsNobodyNorDoesAHeaderThatIsFinished) {
  for (const bool ended : {true, false}) {
    write("a", sound(1));
    if (ended) make_old("a");
    const auto resource = open(30min);
    ASSERT_TRUE(run(resource->describe({})));
    const auto reader = resource->read(0, 600'000);
    std::string got = text(run(reader->read()).value());
    overwrite("a", "RIFFsize");
    append("a", sound(2));
    got += read_all(*reader).value();
    EXPECT_EQ(got, sound(1)) << ended;
  }
}

}  // namespace
}  // namespace tonearm::source
