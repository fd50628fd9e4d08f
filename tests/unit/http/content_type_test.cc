#include "tonearm/http/content_type.h"

#include <gtest/gtest.h>

#include <string>

namespace tonearm::http {
namespace {

const std::string opaque = "application/octet-stream";

TEST(ChooseContentType, TheCatalogWins) {
  EXPECT_EQ(choose_content_type("audio/flac", "audio/mpeg", "a.ogg"), "audio/flac");
  EXPECT_EQ(choose_content_type("application/octet-stream", "audio/mpeg", "a.ogg"), opaque);
}

TEST(ChooseContentType, WithoutACatalogTypeTheOriginIsBelieved) {
  EXPECT_EQ(choose_content_type("", "audio/mpeg", "a.ogg"), "audio/mpeg");
  EXPECT_EQ(choose_content_type("  ", "audio/mpeg", "a.ogg"), "audio/mpeg");
}

TEST(ChooseContentType, WhereTheOriginSaysNothingTheExtensionDecides) {
  for (const char* origin :
       {"", " ", "application/octet-stream", "binary/octet-stream", "Application/Octet-Stream",
        "binary/octet-stream; charset=binary", "; charset=utf-8"}) {
    EXPECT_EQ(choose_content_type("", origin, "songs/a.mp3"), "audio/mpeg") << origin;
  }
}

TEST(ChooseContentType, KnowsTheExtensionsOfMediaAndPlaylists) {
  const std::pair<const char*, const char*> rows[] = {
      {"a.mp3", "audio/mpeg"},
      {"a.MP3", "audio/mpeg"},
      {"dir.wav/a.flac", "audio/flac"},
      {"a.b.ogg", "audio/ogg"},
      {"a.opus", "audio/ogg"},
      {"a.wav", "audio/wav"},
      {"a.m4a", "audio/mp4"},
      {"a.aac", "audio/aac"},
      {"a.mp4", "video/mp4"},
      {"a.webm", "video/webm"},
      {"a.m3u8", "application/vnd.apple.mpegurl"},
      {"a.pls", "audio/x-scpls"},
      {"a.mpd", "application/dash+xml"},
      {"a.xspf", "application/xspf+xml"},
  };
  for (const auto& [name, type] : rows) EXPECT_EQ(choose_content_type("", "", name), type) << name;
}

TEST(ChooseContentType, AnUnknownOrMissingExtensionIsOpaque) {
  for (const char* name : {"", "a", "mp3", "a.", "a.exe", "a.html", "a.mp3/b", "a.mp3 ", "a.svg"}) {
    EXPECT_EQ(choose_content_type("", "", name), opaque) << name;
  }
}

TEST(ChooseContentType, AUrlsQueryAndFragmentAreNoPartOfItsName) {
  EXPECT_EQ(choose_content_type("", "", "https://h/a.mp3?sig=x.ogg"), "audio/mpeg");
  EXPECT_EQ(choose_content_type("", "", "HTTP://h/a.mp3#t=1/x.ogg"), "audio/mpeg");
  EXPECT_EQ(choose_content_type("", "", "https://h/get?file=/a.mp3"), opaque);
  // A plain name may hold both.
  EXPECT_EQ(choose_content_type("", "", "what?#1.mp3"), "audio/mpeg");
}

TEST(ChooseContentType, OnlyMediaAndPlaylistsPass) {
  for (const char* type :
       {"audio/mpeg", "AUDIO/MPEG", "video/mp4", "audio/x-anything.vendor+1", "application/ogg",
        "application/mp4", "audio/mpegurl", "audio/x-mpegurl", "application/vnd.apple.mpegurl",
        "application/x-mpegURL", "application/dash+xml", "application/xspf+xml"}) {
    EXPECT_EQ(choose_content_type(type, "", ""), type);
    EXPECT_EQ(choose_content_type("", type, "a.wav"), type);
  }
}

TEST(ChooseContentType, WhatABrowserCouldRunIsOpaque) {
  for (const char* type :
       {"text/html", "text/html; x=audio/mpeg", "image/svg+xml", "application/xhtml+xml",
        "application/javascript", "application/pdf", "text/plain", "multipart/byteranges",
        "application/ogg2", "xaudio/mpeg", "message/http"}) {
    EXPECT_EQ(choose_content_type(type, "", "a.mp3"), opaque) << type;
    EXPECT_EQ(choose_content_type("", type, "a.mp3"), opaque) << type;
  }
}

// RFC 9110 §8.3.1: type "/" subtype, both tokens.
TEST(ChooseContentType, WhatIsNoMediaTypeIsOpaque) {
  for (const char* type : {"audio", "audio/", "/mpeg", "audio/mp eg", "audio/mpeg/x", "audio/\"x\"",
                           "audio/mpeg, text/html", "audio/<b>"}) {
    EXPECT_EQ(choose_content_type(type, "", "a.mp3"), opaque) << type;
  }
}

TEST(ChooseContentType, ParametersAreKeptAndBlanksAroundAreNot) {
  EXPECT_EQ(choose_content_type(" audio/ogg; codecs=opus ", "", ""), "audio/ogg; codecs=opus");
  EXPECT_EQ(choose_content_type("", "audio/L16;rate=16000", ""), "audio/L16;rate=16000");
}

// Browsers take a list's last member for the type.
TEST(ChooseContentType, AListBehindAHarmlessTypeIsCutOff) {
  for (const char* type : {"audio/mpeg; a=b, text/html", "audio/mpeg; a=\"b, text/html",
                           "audio/mpeg; a=\"b\\\", text/html"}) {
    EXPECT_EQ(choose_content_type(type, "", ""), "audio/mpeg") << type;
  }
  const std::string quoted = "audio/mp4; codecs=\"mp4a.40.2, ac-3\"";
  EXPECT_EQ(choose_content_type(quoted, "", ""), quoted);
}

TEST(ChooseContentType, IsNoLongerThanWhatClientsTake) {
  const std::string longest(127, 'a');
  EXPECT_EQ(choose_content_type("audio/" + longest, "", "a"), "audio/" + longest);
  EXPECT_EQ(choose_content_type("audio/a" + longest, "", "a"), opaque);
  EXPECT_EQ(choose_content_type("audio/x; a=" + std::string(1000, 'b'), "", "a").size(), 1011U);
  EXPECT_EQ(choose_content_type("audio/x; a=" + std::string(1100, 'b'), "", "a"), "audio/x");
}

TEST(ChooseContentType, NeverHoldsAControlCharacter) {
  const std::string types[] = {"audio/mpeg; a=b\r\nSet-Cookie: x=y",
                               "audio/mpeg\r\nX: y",
                               "audio/mpeg;\nx",
                               std::string("audio/mpeg;a=\0b", 14),
                               "audio/mpeg;\ta=b",
                               "audio/mpeg;\x7F",
                               "\r\naudio/mpeg"};
  for (const std::string& type : types) {
    for (const std::string& chosen :
         {choose_content_type(type, "", ""), choose_content_type("", type, "")}) {
      EXPECT_TRUE(chosen == "audio/mpeg" || chosen == opaque) << testing::PrintToString(chosen);
    }
  }
}

}  // namespace
}  // namespace tonearm::http
