"""
Hold the smallest videos that show that a container and a codec work under lock-down.

Made by tests/fingerprint/make_samples.py; each is one picture, a grey slope of
64 by 64.
"""

from __future__ import annotations

import base64
import zlib

from fingerprint.answers import Format


def videos(kind: Format) -> list[bytes]:
    """Return the files of a container: one for each codec that it is commonly used with."""
    return [zlib.decompress(base64.b85decode("".join(packed.split()))) for held, packed in _PACKED if held is kind]


_PACKED = (
    (  # x264
        Format.MP4,
        """
c-muNU{FXasVvAW&d+6FU}6B#Kx~v)mTZ_?U}DI?z`&7Kl$r{pb#qe^OMtXuYDWu0dA@}2`44A*rss0J7Wnj5@a6ws3%EpjTTYy6VF4;;dXSr+
Uj|g1lUtUN!hiypUjPXW21W)DLI6foRp@*N2E2d?i1bT}60?Eqn38O;oy=HF)4<S4jJ*zU2dJc`loSJLnbe%(5+ofO2)&HUb5k-CfeeM*6m-8E
ft?z91kBORNXaRJ$&_WLq#~;f1M>4d67y1WQbB4MgK{(T(tr$+vRtsC$j($rfyl|E6s4viIf|#WC`SRpW)vzeNy-7T*A<r(ry!}B2a0JNK>_l#
1A_;U_Q0tE9Z3BD4<t>1raCjGFmU~U$RM5$q}SYZQELH32@8lgVdF6^f{}qO<Ml(K6C3{i_yN)>l2lRz4N{pGFw=@lz`+f(n-Lt-Km|ZwB%_MM
u?SGE3M!|H5KGQSQf~mnwxua0plCA9O$E~+poknLz-TN=EGWo9_8vzjFx~<ENpfu
""",
    ),
    (  # svtav1
        Format.MP4,
        """
c-muNU{FXasVvAW&d+6FU}6B#iDd?cK-ws`z{HS&fq^5fC^Z#G8|9`XmT++aSxoEy_r@D=7|94QTxXI@Im`r9wAC=H^Hc`^*$s_Z8+W(uJ^cx&
>_~2Yei=}GPHtI73IhsYegPyj7#JBq2mu&TRiX1881Mq1JD7w^iW0Md?3j{lu$|0UOw+*7NsPS?a0jTQrj!%|X_?fV;u0hs8VJ3N-MJ~5i9m)z
ZVI~JjlfO~Jp$(FW~Ag4!DPxZQ&N#th5`Bc9*KD=IjJBujApr+d1*j~NLen}P-JJSq(J0kQi@X3kQ~KRT9l&zWq&I!Ny-7zlZs1<Q;^g&fubBo
P=Gw`z~BL-J#eZ(2NM7PgUG}(L+3^Y9tK#VX^3aw0J%P?qzD>p3Kt-lL87<>9HcPw8Nsm$^bOFZ$*AIRECQ6Pg34(j#FF!o)EfY?ZD~pgC@M^I
Q^7O{C?W?tFsh0Y3kq_Oy}*$Pj9UPu4P|T
""",
    ),
    (  # vpx-vp9
        Format.MATROSKA,
        """
c-oV4y}x*|Q(GgW({~{L)X3uWxsk)EsUtVBq$s~QJJG2fDAd}>BoW+@&d2})jBf;eXO|q<-?DJ~zWKhpyMtG^h<dI}3trQ>5W*7+S(gpuo$=k>
1LO&X98M2j)5NF&;mQQ>&IWNWyn&d;5X?Y*0CLZ={Vnd^YG1UjZ*1mwa`0_v@kuO83wH!lE}b0?E)b<4$6nvx(pmV5VI9;(9@iTgi;s3d&0?I>
$e^@!PIGBqN=G9@TWeT+Sb$}7Bct-;<`$-;D24}J8yX#UH9CZBYGet0*T?|#7ZU>m$m_fJx5QSb>l7DnN<Pq?j4(C*#6s7_9WJ3kjv=1@elG2k
4GgTnNYB8;00J1~owt=f-rq9w*}aJ8jSP!#G%_$WG<h~VF))8%{>EUTA|v6&z+jNTz@X><|KFCdtF{96Zy5YO2(Fh^js5Gy0kMhILH_@r*O#ZI
Sl92B6+FuN=M2vu)=f}Xm^_dZU|;~n$@Kj#@+C~icK2^?WZ2#XObZ{I7&AUJasmMP9H`L
""",
    ),
    (  # vpx
        Format.MATROSKA,
        """
c-oV4y}x+AQ(GgW({~{L)X3uWxsk)EsiizMDc7mJk;$pGkx3%BA)S!{1Q<^U`pz!d<-5B(cy)`Y=gPF;HH`})Jh6~<*+AYg-`zbxo>0i)^x!p3
jGPdzOz`e(5O>oXh&c?A4736uS1r)GzOk9#$-%dw#V4^WE!+`Ixpa0oxIh$v9J_BF)Gemh8ySm_c0lzr&S_*&+B&DXG%uy2k)f?MEIus2qPdY#
`Ehd#Q&JSegSHKg4!as1Kt9}BT)ZjyKzA}ibNY#eu8TWdLW3MbJpKJ#+9w+rSb>qAfr$YGFvvS^D}D96kzw)EMh1ok0XBxYj9Ly14h#(L9IdS#
tt}l)Onirzu^9yZV^06SME-*OBhmXuw&kVj?V6Lf^yZIq^$gFmCAU~G{QLj!->t4|FX!BzbE&Lba2mhy?s-cO>NFqdu6?!0+CFX1y_6rBRSKZ6
pSZh!b0fp{E?^vgY+`i&(8vq`(L<ti
""",
    ),
    (  # mpeg4
        Format.AVI,
        """
c-jl{baTrPXJBv)^HlKh3=VlC$iR@1Qk0WemYHF}z`)=zhXD=*I2jlip=<~(z~BH<!+;4uW=#=bU??sr$^l}qS!J0i#csX<CdleQ=13y3oq@!E
Ab`m`03lF+ng)=q0kz8ktX6^nY?cA0-Cm)7-V#8&S)hCagOp^3Q7{Td!6+C7qhJ(_f>AIEM!_f;1*2dTj3@vaA7Ei*V8~C&%>kl}A0s?0elU-w
iBT{LMj`->(*^*`!rc6_Owc%~Gk9Q^aRZQI+}bG&8I)yIU^vp-!Ely|g+nA6$lc_VSe9&Nq-SKIXJ}vq6xhrlzz(Fg2_%GZUPxpKJJ=!^@kYW?
bVDLb_%|RYnoYnphgiN1l+y>5sE5jg5z9|LFwjn@W5`UYFce^bj6H*B&{#AmYyl9xjGh
""",
    ),
    (  # x265
        Format.MPEG_TS,
        """
c-nJ!5ENi=`k>0dc#whNKjVJ}#y<@r9zu+4Zf>~+sp*`-sYPX($*Bg0<u%Ty{tqtT?!X|xz_5WA>~;pm4-8rxSvLJ28o)gO=ys+J5@5GKWca|K
0wma2Sv*|BoKMeV2pZIGcVsXy3IGN<LmdMN+JI5?fPtam0GIK{wF?*p85n^ODCWipGK$fGk%#gBf5rp`24;o{AOeWwrcU7m$vH7HqDd@JXk?uh
7P92fvxWwc0FdBm0V#E1JWza~6UfkDT%+2+`|{EIBmT-a^G~mz%4xm1-dF|zE{iwx
""",
    ),
    (  # mpeg1video
        Format.MPEG_PS,
        """
c-muNVBDq1z{tRO*f^bmfpIqjCy1f=|G|T2K<)!ZYefd;_=!N~W)=nq;s5_1FaX&*7&sUlfHVUG|NkFAno;=23x+AN3@nS@-C&plq#r%f?_f|B
cVN`my^TQ~NL%dae#F4(dV#@9?`;F;(F+WIdP+YUm;y@}gt~VpFcp?C2zPhvdjQdlYzSC0iXmXl$cBJ5Q{52Cz0&{;nSE^Y`2UZBQ7{Td!6+C7
gAD)x_}>os
""",
    ),
    (  # flv
        Format.FLV,
        """
c-lqK%}WA77zXfnlT5>iq=P5%P=|`jqe75D^ks<=Rs^AoyXHi>Vq1wFGKwGwis<7KbSNl12;G7XZ4}Wxx`x&tkRG~;(>v=<4a{L)e$UIp42@3<
0svU?f*s%jYNrkwmBfUsii4smT5!++7HKslszgaZ|5c_qoNwKL`gJ0yaqtC=lsPVwg}C}ZXj&tZtVp;6qcZ#*Yb+%$%lgdcHD)&5Miohp5(#{q
T4H2LULhHjTO&M<H)jPQY`n4f4!B$`o|4<ycByIUqw{Uyb1Y?R*z2X#X*N9{ryb4qsl!O$XkZ{)Zm0B%sRNUtI$kmOKr2j57P#_a@Ql(N+m%Dr
l|_{Y3{v_NL=|ExiRwhdV3<~!>b&9V4%hoBeP=4f)eK;8lU5?AZnLP~aJ@fJtGbWs)QxH`iHbbxRm)7hm<-kJ(W_ROn$@_vu2n6vUAw4y*iYPR
dew>>Rg$R>rqX&<sw)Rq-?geGrk=Q(FX&Y@0AcYL)Y-qK
""",
    ),
    (  # vpx
        Format.OGG,
        """
c-r$%PY-5bVn74yTl;DlrToJJEDRVK85kUZ5Cnis21yX@57Nc(9|~YnX*YTq7{F32K;8jHs9_+}BTs*M#F!|+#xR#r3v8M@M{8?GYfA?c6W`%w
YzBe<nA86+k-s4SNc8@ZZF#AByXNFAz4_x@J;U>C$t@NP|Nj5`cdP5#%Q?5_Tq^4poW^gwd*0H6I?V^VYhNw0wolu0FXcyOl>z{K??o*
""",
    ),
)
